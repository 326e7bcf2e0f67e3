#include <algorithm>

#include "server/pgwire/connection.h"
#include "server/scram.h"

// How a conversation begins: encryption, cancel requests, who it is, what settings it wants.

namespace weir::pgwire {

namespace {

constexpr uint32_t kAuthBytesMax = 64 << 10;

// The settings of a start-up packet's "options": -c name=value, -cname=value and --name=value, where a backslash
// takes the meaning of the next character away.
std::vector<std::pair<std::string, std::string>> SplitOptions(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n') {
      inside = false;
      continue;
    }
    if (!std::exchange(inside, true)) words.emplace_back();
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    words.back() += text[i];
  }
  std::vector<std::pair<std::string, std::string>> out;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "-c" && i + 1 < words.size()) {
      word = words[++i];
    } else if (word.starts_with("-c") || word.starts_with("--")) {
      word.remove_prefix(2);
    } else {
      continue;  // options of PostgreSQL's own processes
    }
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    std::string name(word.substr(0, equals));
    std::replace(name.begin(), name.end(), '-', '_');
    out.emplace_back(std::move(name), std::string(word.substr(equals + 1)));
  }
  return out;
}

bool IsLoopback(const SocketAddress& address) {
  return address.host == "::1" || address.host.starts_with("127.") || address.host.starts_with("::ffff:127.");
}

}  // namespace

Task<bool> Connection::StartUp() {
  stream_->set_read_timeout_nanos(server_.options_.startup_timeout_nanos);
  stream_->set_write_timeout_nanos(server_.options_.write_timeout_nanos);
  for (;;) {
    const std::string body = co_await input_.NextStartup();
    if (body.empty()) co_return false;
    MessageReader in(body);
    const int32_t code = in.Int32();
    if (code == kSslRequestCode || code == kGssRequestCode) {
      const bool accept = code == kSslRequestCode && server_.tls_ != nullptr && !encrypted_;
      // Anything sent along before the handshake would be taken as if it were encrypted.
      if (input_.has_buffered()) {
        throw Error::User(sqlstate::kProtocolViolation, "received unencrypted data after SSL request");
      }
      out_.Int8(accept ? 'S' : 'N');
      co_await Flush();
      if (accept) {
        {
          const std::lock_guard lock(server_.mutex_);
          stream_ = MakeTlsStream(std::move(stream_), *server_.tls_);
        }
        input_.set_stream(*stream_);
        encrypted_ = true;
      }
      continue;
    }
    if (code == kCancelRequestCode) {
      const int32_t id = in.Int32();
      const int32_t secret = in.Int32();
      server_.CancelByKey(id, secret);
      co_return false;
    }
    if ((code >> 16) != 3) {
      throw Error::User(sqlstate::kProtocolViolation, "unsupported frontend protocol {}.{}: server supports 3.0",
                        code >> 16, code & 0xFFFF);
    }
    std::vector<std::string> unknown;
    for (;;) {
      const std::string name(in.Text());
      if (name.empty()) break;
      const std::string value(in.Text());
      if (name.starts_with("_pq_.")) unknown.push_back(name);
      startup_.emplace_back(name, value);
    }
    if ((code & 0xFFFF) != 0 || !unknown.empty()) {
      out_.Begin('v');
      out_.Int32(0);
      out_.Int32(static_cast<int32_t>(unknown.size()));
      for (const std::string& name : unknown) out_.Text(name);
      out_.End();
    }
    co_return true;
  }
}

Task<void> Connection::Authenticate() {
  std::string user = "weir";
  for (const auto& [name, value] : startup_) {
    if (name == "user") user = value;
  }
  if (server_.options_.tls_required && !encrypted_) {
    throw Error::User(sqlstate::kInvalidAuthorization, "this server takes encrypted connections only")
        .WithHint("Connect with sslmode=require.");
  }
  Engine& engine = server_.engine_;
  const bool has_passwords = engine.HasPasswords();
  if (!has_passwords) {
    // Nothing configured: whoever is on this machine may come in.
    if (!IsLoopback(stream_->peer_address())) {
      throw Error::User(sqlstate::kInvalidAuthorization,
                        "connections from other machines need a password, and none is set")
          .WithHint("On the server's machine: ALTER USER weir PASSWORD '...';");
    }
  } else {
    co_await AuthenticateWithPassword(std::move(user));
  }
  out_.Begin('R');
  out_.Int32(0);
  out_.End();
}

Task<void> Connection::AuthenticateWithPassword(std::string user) {
  Engine& engine = server_.engine_;
  const std::string binding = encrypted_ ? server_.tls_->end_point_hash() : "";
  out_.Begin('R');
  out_.Int32(10);
  if (!binding.empty()) out_.Text(kScramPlusMechanism);
  out_.Text(kScramMechanism);
  out_.Int8(0);
  out_.End();
  co_await Flush();
  const std::string first = co_await NextSaslResponse();
  MessageReader in(first);
  const std::string_view mechanism = in.Text();
  const bool plus = mechanism == kScramPlusMechanism && !binding.empty();
  if (mechanism != kScramMechanism && !plus) {
    throw Error::User(sqlstate::kProtocolViolation, "client selected an invalid SASL authentication mechanism");
  }
  const int32_t length = in.Int32();
  const std::string_view client_first = in.Bytes(static_cast<size_t>(std::max(length, 0)));
  ScramExchange exchange(engine.PasswordVerifier(user).value_or(""), engine.services().random);
  exchange.set_mock_salt(server_.MockSalt(user));
  exchange.set_channel_binding(binding, plus);
  const std::string server_first = exchange.First(client_first);
  out_.Begin('R');
  out_.Int32(11);
  out_.Bytes(server_first);
  out_.End();
  co_await Flush();
  const std::string second = co_await NextSaslResponse();
  const std::string server_final = exchange.Final(second);
  if (server_final.empty()) {
    throw Error::User(sqlstate::kInvalidPassword, "password authentication failed for user \"{}\"", user);
  }
  out_.Begin('R');
  out_.Int32(12);
  out_.Bytes(server_final);
  out_.End();
}

Task<std::string> Connection::NextSaslResponse() {
  Message message = co_await input_.Next(kAuthBytesMax);
  if (message.type == 0) {
    throw Error::Operational(sqlstate::kConnectionFailure, "the client went away before it gave a password");
  }
  if (message.type != 'p') {
    throw Error::User(sqlstate::kProtocolViolation, "expected a SASL response, got message type {}",
                      static_cast<int>(message.type));
  }
  co_return std::move(message.body);
}

Task<void> Connection::OpenSession() {
  SessionOptions options;
  options.client_address = client_address_;
  bool database_given = false;
  for (const auto& [name, value] : startup_) {
    if (name == "user") {
      options.user = value;
    } else if (name == "database") {
      options.database = value;
      database_given = true;
    } else if (name == "options") {
      for (auto& setting : SplitOptions(value)) options.settings.push_back(std::move(setting));
    } else if (name != "replication" && !name.starts_with("_")) {
      options.settings.emplace_back(name, value);
    }
  }
  // PostgreSQL's default database is named as the user is; ours is "weir" for everybody.
  if (!database_given && server_.engine_.catalog()->FindDatabase(options.user) != nullptr)
    options.database = options.user;
  auto session = std::make_unique<Session>(server_.engine_, options);
  server_.Register(*session);
  {
    const std::lock_guard lock(server_.mutex_);
    session_ = std::move(session);
  }
  session_->set_on_terminate([this] {
    ended_ = true;
    stream_->EndReading();
  });
  for (const SettingDef& def : SettingDefs()) {
    if (def.report) WriteParameter(def.name, session_->settings().Get(def.name));
  }
  out_.Begin('K');
  out_.Int32(session_->id());
  out_.Int32(session_->secret());
  out_.End();
  co_return;
}

}  // namespace weir::pgwire
