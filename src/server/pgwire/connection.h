#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/pgwire/message.h"
#include "server/pgwire/pg_server.h"
#include "server/pgwire/value_format.h"
#include "server/session.h"

namespace weir::pgwire {

// One client's conversation, as a coroutine: start-up and authentication, then simple and extended queries, COPY.
// Belongs to its Serve task; not thread-safe, though it moves between the loop, the I/O pool and workers.
class Connection {
 public:
  Connection(PgServer& server, std::unique_ptr<AsyncStream> stream);
  ~Connection();
  Task<void> Run();

  // For the server, which holds its lock, from any thread.
  // Nothing more is read; the client is told that it was the administrator.
  void End();
  // What runs is canceled because nobody waits for it.
  void CancelForNobody();
  bool is_busy() const { return busy_.load(std::memory_order_relaxed); }
  AsyncStream& stream() { return *stream_; }

 private:
  struct Portal {
    PreparedPtr prepared;
    std::vector<Value> parameters;
    std::vector<int16_t> formats;
    std::unique_ptr<StatementExecution> execution;
    std::unique_ptr<RowEncoder> encoder;
    std::optional<Chunk> chunk;  // being sent
    size_t chunk_at = 0;
    bool finished = false;
  };

  // start-up
  Task<bool> StartUp();
  Task<void> Authenticate();
  Task<void> AuthenticateWithPassword(std::string user);
  Task<std::string> NextSaslResponse();
  Task<void> OpenSession();
  // queries
  Task<bool> Dispatch(Message message);
  Task<void> EndOfRequest();
  Task<void> SimpleQuery(std::string body);
  Task<void> RunStatement(ast::StatementPtr statement);
  Task<void> SendRows(StatementExecution& execution, bool describe);
  Task<void> RunCopyIn(ast::StatementPtr statement);
  Task<void> TakeCopyData(CopyIn& copy, CancellationToken token);
  // extended protocol
  Task<void> HandleParse(std::string body);
  Task<void> HandleBind(std::string body);
  Task<void> HandleDescribe(std::string body);
  Task<void> HandleExecute(std::string body);
  Task<void> HandleClose(std::string body);
  Task<void> SendPortal(Portal& portal, int32_t rows_max);
  const PreparedPtr& FindStatement(const std::string& name) const;
  Task<void> ClosePortal(std::string name);
  Task<void> CloseAllPortals();

  // messages
  // 'G' or 'H', before the rows of a COPY.
  void WriteCopyResponse(char message, const CopyOptions& options, size_t columns);
  void WriteRowDescription(const Schema& schema, const std::vector<int16_t>& formats,
                           const std::vector<ColumnOrigin>& origins = {});
  void WriteError(const Error& error, std::string_view severity);
  void WriteNotices();
  void WriteParameter(std::string_view name, std::string_view value);
  void WriteCommandComplete(std::string_view tag);
  void WriteReady();
  Task<void> Flush();
  Task<void> FlushIfLarge();
  void NoteError(const Error& error);
  std::string TimeZone() const { return session_->settings().Get("timezone"); }

  PgServer& server_;
  std::unique_ptr<AsyncStream> stream_;
  MessageStream input_;
  MessageWriter out_;
  std::string client_address_;
  std::vector<std::pair<std::string, std::string>> startup_;
  bool encrypted_ = false;
  std::unique_ptr<Session> session_;
  PreparedPtr unnamed_;  // statement; those with names are the session's
  std::map<std::string, Portal> portals_;
  std::string query_text_;  // that error positions refer to
  bool skip_until_sync_ = false;
  std::atomic<bool> busy_{false};  // with a message of the client
  std::atomic<bool> ended_{false};
};

// The bytes of a 0-based offset in UTF-8 text as PostgreSQL counts positions: characters, from 1.
int64_t CharacterPosition(std::string_view text, int64_t byte_offset);

}  // namespace weir::pgwire
