// The sequencer in every order of its threads and callers, as far as its own lock, its waits and a
// disk that takes time decide it.

#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "data/write/write_fixture.h"
#include "foundation/base/log.h"
#include "foundation/testing/interleaving.h"

namespace arc::write {
namespace {

using arc::testing::ExploreInterleavings;
using arc::testing::Interleaving;

const MeasurementName kCpu{"db", "cpu"};
constexpr auto kTimeout = std::chrono::seconds(30);

// Clients, a disk whose syncs take time, and what each request heard.
class Case {
 public:
  explicit Case(Interleaving& order) : order_(order), path_(disk_, order.clock()) {
    disk_.DelayEvery("sync /wal", [this](const auto&) { order_.Pause(); });
    order_.Watch(&path_.sequencer(), sizeof(Sequencer));
    order_.RunUntilIdle(Interleaving::Orders::kOne);  // its threads wait
  }

  void StartClient() {
    auto& request = requests_.emplace_back(Request{.is_barrier = false});
    order_.Start("client", [this, &request] { Send(request); });
  }
  void StartBarrier() {
    auto& request = requests_.emplace_back(Request{.is_barrier = true});
    order_.Start("barrier", [this, &request] { Send(request); });
  }
  void StartClock() {
    order_.Start("clock", [this] { order_.Advance(kTimeout); });
  }
  void StartCloser() {
    order_.Start("closer", [this] {
      path_.sequencer().Close();
      is_closed_ = true;
    });
  }

  // Lets all of it happen, and then a write and the end. Returns what is wrong.
  std::string Finish() {
    order_.RunUntilIdle();
    if (!is_closed_) {
      StartClient();
      order_.RunUntilIdle(Interleaving::Orders::kOne);
      auto& last = requests_.back();
      // The disk has answered whatever it was asked: nothing may stand in the way.
      if (last.is_unanswered() || !last.outcome->ok()) Report("the path stays shut: " + Text(last));
      StartCloser();
      order_.RunUntilIdle(Interleaving::Orders::kOne);
    }
    StartClient();
    order_.RunUntilIdle(Interleaving::Orders::kOne);
    if (CodeOf(requests_.back()) != ErrorCode::kCancelled) Report("taken after the end");
    for (const auto& request : requests_) CheckAnswer(request);
    CheckRows();
    return problem_;
  }

 private:
  struct Request {
    bool is_barrier;
    int answer_count = 0;
    std::optional<Result<Lsn>> outcome{};
    bool is_unanswered() const { return !outcome.has_value(); }
  };

  void Send(Request& request) {
    const auto answer = [&request](Result<Lsn> outcome) {
      request.answer_count++;
      request.outcome = std::move(outcome);
    };
    if (request.is_barrier) return Refuse(path_.sequencer().Barrier(answer), request);
    auto batch = CountedRows(1);
    WriteRecord record;
    record.byte_count = MemoryBytes(*batch);
    record.parts.push_back({path_.tables().FindOrCreate(kCpu).value(), std::move(batch)});
    Refuse(path_.sequencer().Append(std::move(record), answer), request);
  }
  static void Refuse(Result<void> queued, Request& request) {
    if (queued.ok()) return;
    request.answer_count++;
    request.outcome = std::move(queued).TakeError();
  }

  static std::optional<ErrorCode> CodeOf(const Request& request) {
    if (request.is_unanswered() || request.outcome->ok()) return std::nullopt;
    return request.outcome->error().code;
  }
  static bool IsUnknown(const Request& request) {
    return CodeOf(request) == ErrorCode::kUnavailable &&
           request.outcome->error().message.find("unknown") != std::string::npos;
  }
  static std::string Text(const Request& request) {
    if (request.is_unanswered()) return "no answer";
    return request.outcome->ok() ? "stored" : request.outcome->error().message;
  }
  void Report(const std::string& what) { problem_ += what + "\n"; }

  void CheckAnswer(const Request& request) {
    if (request.answer_count == 1) return;
    Report("answered " + std::to_string(request.answer_count) + " times");
  }

  // What was acknowledged is there; what was refused is not; the rest may be, and here is, because
  // the disk takes everything in the end.
  void CheckRows() {
    std::size_t expected = 0;
    for (const auto& request : requests_) {
      if (request.is_barrier || request.is_unanswered()) continue;
      if (request.outcome->ok() || IsUnknown(request)) expected++;
    }
    const auto seen = path_.VisibleRows(kCpu);
    if (seen != expected) {
      Report(std::to_string(seen) + " rows are visible, not " + std::to_string(expected));
    }
    if (path_.sequencer().queued_bytes() != 0) Report("bytes stay counted as queued");
    if (path_.log().durable_lsn() < path_.log().written_lsn()) Report("something is not durable");
  }

  Interleaving& order_;
  arc::testing::FaultyFileSystem disk_;
  WritePath path_;
  std::deque<Request> requests_;
  bool is_closed_ = false;
  std::string problem_;
};

void ExpectRight(const arc::testing::ExploreOptions& options,
                 const std::function<void(Case&)>& start) {
  ASSERT_TRUE(SetUpLogging("panic", LogFormat::kConsole).ok());  // thousands of hung disks
  const auto explored = ExploreInterleavings(options, [&](Interleaving& order) {
    Case one(order);
    start(one);
    return one.Finish();
  });
  EXPECT_EQ(explored.problem, "");
  EXPECT_TRUE(explored.is_complete);
  std::printf("  %zu orders\n", explored.run_count);
}

// A write whose sync ends at the moment at which nobody wants to wait for it any more.
TEST(SequencerInterleavingTest, AWriteBesideItsDeadlineInEveryOrder) {
  ExpectRight({.preemptions_max = 100}, [](Case& one) {
    one.StartClient();
    one.StartClock();
  });
}

TEST(SequencerInterleavingTest, AWriteBesideTheEndInEveryOrder) {
  ExpectRight({.preemptions_max = 100}, [](Case& one) {
    one.StartClient();
    one.StartCloser();
  });
}

TEST(SequencerInterleavingTest, ABarrierBesideADeadline) {
  ExpectRight({.preemptions_max = 1}, [](Case& one) {
    one.StartBarrier();
    one.StartClient();
    one.StartClock();
  });
}

TEST(SequencerInterleavingTest, TwoWritesBesideADeadline) {
  ExpectRight({.preemptions_max = 1}, [](Case& one) {
    one.StartClient();
    one.StartClient();
    one.StartClock();
  });
}

TEST(SequencerInterleavingTest, AWriteBesideADeadlineAndTheEnd) {
  ExpectRight({.preemptions_max = 1}, [](Case& one) {
    one.StartClient();
    one.StartClock();
    one.StartCloser();
  });
}

}  // namespace
}  // namespace arc::write
