#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg/boundary.hpp"
#include "pg/key_command.hpp"

namespace vvault::pg {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t output_limit = 64 * 1024;
constexpr int pause_ms = 20;

class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(Descriptor &&other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { close(); }
    void close() {
        if (number_ >= 0) ::close(std::exchange(number_, -1));
    }
    int number() const { return number_; }

private:
    int number_ = -1;
};

struct Pipe {
    Descriptor reader, writer;
    bool open() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) return false;
        reader = Descriptor(ends[0]);
        writer = Descriptor(ends[1]);
        return true;
    }
};

// A process group of its own. Killed and reaped at the end of its life, so that an error or
// a cancelled query leaves nothing behind. Should the backend itself be killed, the kernel
// ends the program.
class Child {
public:
    explicit Child(pid_t process) : process_(process) {}
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    ~Child() {
        kill(-process_, SIGKILL);
        if (ended_) return;
        kill(process_, SIGKILL);
        while (waitpid(process_, &status_, 0) < 0 && errno == EINTR) {
        }
    }
    bool has_ended() {
        if (!ended_) ended_ = waitpid(process_, &status_, WNOHANG) == process_;
        return ended_;
    }
    int status() const { return status_; }

private:
    pid_t process_;
    int status_ = 0;
    bool ended_ = false;
};

struct Program {
    std::vector<std::string> words;
    std::vector<std::string> environment;
    std::vector<char *> arguments;
    std::vector<char *> variables;

    explicit Program(const std::string &command) {
        std::istringstream text(command);
        for (std::string word; text >> word;) words.push_back(word);
        environment.push_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        if (const char *home = std::getenv("HOME"))
            environment.push_back(std::string("HOME=") + home);
        for (std::string &word : words) arguments.push_back(word.data());
        for (std::string &variable : environment) variables.push_back(variable.data());
        arguments.push_back(nullptr);
        variables.push_back(nullptr);
    }
};

// In the child, between fork and exec: system calls only. Signals are still blocked, because
// the backend's handlers would reach into shared memory.
[[noreturn]] void become(const Program &program, int output, int verdict, pid_t parent) {
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action {};
        action.sa_handler = SIG_DFL;
        sigaction(signal, &action, nullptr);
    }
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    const struct rlimit no_core {};
    setrlimit(RLIMIT_CORE, &no_core);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const bool ready = null >= 0 && dup2(null, 0) == 0 && dup2(output, 1) == 1 &&
                       dup2(null, 2) == 2 && chdir("/") == 0 &&
                       syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (ready) execve(program.arguments[0], program.arguments.data(), program.variables.data());
    const int reason = errno;
    if (write(verdict, &reason, sizeof reason) < 0) _exit(126);
    _exit(127);
}

pid_t start(const Program &program, int output, int verdict) {
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t parent = getpid();
    const pid_t process = fork();
    if (process == 0) become(program, output, verdict, parent);
    if (process > 0) setpgid(process, process);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    return process;
}

KeyCommandResult failed(std::string why) {
    return {std::nullopt, std::move(why)};
}

std::string ending_of(int status) {
    if (WIFSIGNALED(status)) return "It was ended by signal " + std::to_string(WTERMSIG(status));
    return "It ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

KeyCommandResult run_key_command(const std::string &command, int timeout_ms) {
    const Program program(command);
    if (program.words.empty() || program.words[0][0] != '/')
        return failed("The setting does not begin with the absolute path of a program.");
    Pipe output, verdict;
    if (!output.open() || !verdict.open()) return failed("The server is out of file descriptors.");
    // Made before there is a child, so that running out of memory leaves none behind.
    SecretBytes text(output_limit + 1);
    const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
    const pid_t process = start(program, output.writer.number(), verdict.writer.number());
    if (process < 0) return failed("The server cannot start another process.");
    Child child(process);
    output.writer.close();
    verdict.writer.close();

    std::size_t filled = 0;
    bool at_end = false;
    while (!at_end || !child.has_ended()) {
        check_for_interrupts();
        if (Clock::now() >= deadline)
            return failed("It did not end within " + std::to_string(timeout_ms) +
                          " ms (vvault.root_key_command_timeout).");
        struct pollfd waited {
            .fd = at_end ? -1 : output.reader.number(), .events = POLLIN, .revents = 0
        };
        if (poll(&waited, 1, pause_ms) <= 0 || at_end) continue;
        const ssize_t count =
            read(output.reader.number(), text.data() + filled, text.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("Its output cannot be read.");
        at_end = count == 0;
        filled += static_cast<std::size_t>(count);
        if (filled > output_limit) return failed("It printed more than 64 KiB.");
    }
    int reason = 0;
    if (read(verdict.reader.number(), &reason, sizeof reason) == sizeof reason)
        return failed("It cannot be started: " + std::string(strerror(reason)) + ".");
    if (!WIFEXITED(child.status()) || WEXITSTATUS(child.status()) != 0)
        return failed(ending_of(child.status()) + ".");
    if (filled == 0) return failed("It printed nothing.");
    text.resize(filled);
    return {std::move(text), {}};
}

}  // namespace vvault::pg
