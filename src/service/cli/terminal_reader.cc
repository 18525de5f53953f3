// The only file that knows libedit.

#include <histedit.h>

#include <clocale>
#include <cstdio>
#include <utility>

#include "service/cli/line_reader.h"

namespace arc::cli {
namespace {

class TerminalReader : public LineReader {
 public:
  TerminalReader(std::string history_file, FILE* prompt_stream)
      : history_file_(std::move(history_file)), prompt_stream_(prompt_stream) {
    // Letters of more than one byte need a locale that knows them.
    if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX == 1) {
      std::setlocale(LC_CTYPE, "C.UTF-8");
    }
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryEntriesMax);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_file_.empty()) history(history_, &event, H_LOAD, history_file_.c_str());

    line_ = el_init("arc", stdin, prompt_stream_, stderr);
    el_set(line_, EL_CLIENTDATA, this);
    el_set(line_, EL_PROMPT, &TerminalReader::Prompt);
    el_set(line_, EL_EDITOR, "emacs");
    el_set(line_, EL_HIST, history, history_);
    el_set(line_, EL_SIGNAL, 1);  // A new size of the window; a stop restores the terminal.
    // Ctrl-C is a key while a line is edited, not a signal.
    el_set(line_, EL_SETTY, "-d", "-isig", nullptr);
    el_set(line_, EL_ADDFN, "arc-interrupt", "Give up this line", &TerminalReader::Interrupt);
    el_source(line_, nullptr);
    el_set(line_, EL_BIND, "^C", "arc-interrupt", nullptr);
    el_set(line_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  }
  TerminalReader(const TerminalReader&) = delete;
  TerminalReader& operator=(const TerminalReader&) = delete;
  ~TerminalReader() override {
    el_end(line_);
    history_end(history_);
  }

  Line Read(const std::string& prompt) override {
    prompt_ = prompt;
    is_interrupted_ = false;
    int count = 0;
    const char* text = el_gets(line_, &count);
    if (text == nullptr || count <= 0) {
      std::fputs(is_interrupted_ ? "^C\n" : "\n", prompt_stream_);
      std::fflush(prompt_stream_);
      return {is_interrupted_ ? Outcome::kInterrupted : Outcome::kEnd};
    }
    std::string line(text, static_cast<std::size_t>(count));
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    return {Outcome::kLine, std::move(line)};
  }

  void Remember(const std::string& text) override {
    HistEvent event;
    history(history_, &event, H_ENTER, text.c_str());
    // Written at once (a thousand lines at most), so that no way to end loses it.
    if (!history_file_.empty()) history(history_, &event, H_SAVE, history_file_.c_str());
  }

 private:
  static TerminalReader& Of(EditLine* line) {
    TerminalReader* reader = nullptr;
    el_get(line, EL_CLIENTDATA, &reader);
    return *reader;
  }
  static char* Prompt(EditLine* line) { return Of(line).prompt_.data(); }
  static unsigned char Interrupt(EditLine* line, int) {
    Of(line).is_interrupted_ = true;
    return CC_EOF;
  }

  const std::string history_file_;
  FILE* const prompt_stream_;
  History* history_ = nullptr;
  EditLine* line_ = nullptr;
  std::string prompt_;
  bool is_interrupted_ = false;
};

}  // namespace

std::unique_ptr<LineReader> OpenTerminal(const std::string& history_file, PromptStream stream) {
  return std::make_unique<TerminalReader>(history_file,
                                          stream == PromptStream::kOutput ? stdout : stderr);
}

}  // namespace arc::cli
