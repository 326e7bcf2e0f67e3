// Runs the fuzz targets with mutations of their seeds. A target may throw weir::Error and nothing else; a crash, a
// sanitizer's report or another exception is a finding.
//
// usage: weir_fuzz smoke [--seconds N] [--seed S] [TARGET]   all targets, N seconds each
//        weir_fuzz replay TARGET FILE                         one input
//        weir_fuzz canary                                     must fail: shows that findings are noticed

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace weir {

void FuzzSqlParser(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzSqlParserSeeds();
void FuzzParquet(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzParquetSeeds();
void FuzzCsv(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzCsvSeeds();
void FuzzJson(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzJsonSeeds();
void FuzzJsonPath(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzJsonPathSeeds();
void FuzzJsonPaths(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzJsonPathsSeeds();
void FuzzOtlp(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzOtlpSeeds();
void FuzzPgwire(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzPgwireSeeds();
void FuzzPlan(std::span<const uint8_t> bytes);
std::vector<std::string> FuzzPlanSeeds();

namespace {

struct Target {
  const char* name;
  void (*run)(std::span<const uint8_t>);
  std::vector<std::string> (*seeds)();
};

void Canary(std::span<const uint8_t> bytes) {
  if (bytes.size() > 3) throw std::logic_error("the canary sings");
}

constexpr Target kTargets[] = {{"sql", FuzzSqlParser, FuzzSqlParserSeeds},
                               {"parquet", FuzzParquet, FuzzParquetSeeds},
                               {"csv", FuzzCsv, FuzzCsvSeeds},
                               {"json", FuzzJson, FuzzJsonSeeds},
                               {"jsonpath", FuzzJsonPath, FuzzJsonPathSeeds},
                               {"json_paths", FuzzJsonPaths, FuzzJsonPathsSeeds},
                               {"otlp", FuzzOtlp, FuzzOtlpSeeds},
                               {"pgwire", FuzzPgwire, FuzzPgwireSeeds},
                               {"plan", FuzzPlan, FuzzPlanSeeds}};

class Mutator {
 public:
  Mutator(uint64_t seed, std::vector<std::string> corpus) : random_(seed), corpus_(std::move(corpus)) {
    if (corpus_.empty()) corpus_.emplace_back("seed");
  }

  std::string Next() {
    std::string out = corpus_[Below(corpus_.size())];
    for (size_t count = 1 + Below(8); count > 0; --count) Mutate(out);
    constexpr size_t kBytesMax = 1 << 20;
    if (out.size() > kBytesMax) out.resize(kBytesMax);
    return out;
  }

 private:
  size_t Below(size_t n) { return n == 0 ? 0 : random_() % n; }

  void Mutate(std::string& text) {
    if (text.empty()) text = "x";
    const size_t at = Below(text.size());
    switch (Below(8)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << Below(8)));
        break;
      case 1:
        text[at] = static_cast<char>(Below(256));
        break;
      case 2:
        text.erase(at, 1 + Below(16));
        break;
      case 3:
        text.insert(at, std::string(1 + Below(16), static_cast<char>(Below(256))));
        break;
      case 4: {
        constexpr unsigned char kInteresting[] = {0, 1, 0x7F, 0x80, 0xFF, 0xFE, '\'', '"', '(', ')', ';'};
        text[at] = static_cast<char>(kInteresting[Below(sizeof(kInteresting))]);
        break;
      }
      case 5: {
        const std::string& other = corpus_[Below(corpus_.size())];
        const size_t from = Below(other.size());
        text.insert(at, other.substr(from, 1 + Below(64)));
        break;
      }
      case 6:
        text.resize(at);
        break;
      default: {
        const std::string piece = text.substr(at, 1 + Below(64));
        for (size_t i = Below(4); i > 0; --i) text.insert(at, piece);
      }
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> corpus_;
};

// False for a finding, which is written to a file.
bool RunOne(const Target& target, const std::string& input) {
  try {
    target.run({reinterpret_cast<const uint8_t*>(input.data()), input.size()});
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInternal) return true;
    fmt::print("{}: internal error: {}\n", target.name, error.message());
  } catch (const std::exception& error) {
    fmt::print("{}: exception: {}\n", target.name, error.what());
  }
  return false;
}

// What the process is about to run, on disk, so that a crash leaves it behind.
void Keep(const std::string& path, const std::string& input) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << input;
}

int Smoke(double seconds, uint64_t seed, const std::string& only) {
  fmt::print("fuzz smoke: seed {}\n", seed);
  int findings = 0;
  for (const Target& target : kTargets) {
    if (!only.empty() && only != target.name) continue;
    std::vector<std::string> seeds = target.seeds();
    for (const std::string& input : seeds) findings += RunOne(target, input) ? 0 : 1;
    Mutator mutator(seed, std::move(seeds));
    const std::string crash_file = fmt::format("fuzz-{}-{}.bin", target.name, seed);
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    uint64_t runs = 0;
    while (std::chrono::steady_clock::now() < end) {
      const std::string input = mutator.Next();
      if (!RunOne(target, input)) {
        ++findings;
        Keep(crash_file, input);
        fmt::print("input kept in {}\n", crash_file);
        break;
      }
      ++runs;
    }
    fmt::print("{}: {} runs\n", target.name, runs);
  }
  return findings == 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  double seconds = 10;
  uint64_t seed = std::random_device()();
  std::vector<std::string> rest;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
      seconds = std::atof(argv[++i]);
    } else if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      rest.emplace_back(argv[i]);
    }
  }
  if (mode == "smoke") return weir::Smoke(seconds, seed, rest.empty() ? "" : rest[0]);
  if (mode == "canary") return weir::RunOne({"canary", weir::Canary, nullptr}, "tweet") ? 0 : 1;
  if (mode == "replay" && rest.size() == 2) {
    std::ifstream in(rest[1], std::ios::binary);
    const std::string input{std::istreambuf_iterator<char>(in), {}};
    for (const weir::Target& target : weir::kTargets) {
      if (rest[0] == target.name) return weir::RunOne(target, input) ? 0 : 1;
    }
  }
  fmt::print(stderr, "usage: weir_fuzz smoke [--seconds N] [--seed S] [TARGET] | replay TARGET FILE | canary\n");
  return 2;
}
