#include "command.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace witness {

namespace {

using Clock = std::chrono::steady_clock;

// 0, or why not.
int start(const std::vector<std::string> &command, int input, pid_t &child) {
    std::vector<char *> arguments;
    for (const auto &word : command) arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    // A group of its own, so that all of it can be ended; no signal blocked or ignored.
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (const int signal : {SIGPIPE, SIGINT, SIGTERM}) sigaddset(&usual, signal);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int error =
        posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// A program that closes its input has read what it wants. The pipe does not block.
void feed(int pipe, const std::string &input, Clock::time_point deadline) {
    std::size_t sent = 0;
    while (sent < input.size() && Clock::now() < deadline) {
        pollfd writable{pipe, POLLOUT, 0};
        if (::poll(&writable, 1, 50) <= 0) continue;
        const ssize_t written = ::write(pipe, input.data() + sent, input.size() - sent);
        if (written < 0 && errno != EAGAIN && errno != EINTR) return;
        if (written > 0) sent += static_cast<std::size_t>(written);
    }
}

std::optional<std::string> wait_for(pid_t child, Clock::time_point deadline) {
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
        if (Clock::now() >= deadline) {
            ::kill(-child, SIGKILL);
            ::waitpid(child, &status, 0);
            return "the command took too long";
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
    if (WIFSIGNALED(status))
        return "the command was ended by signal " + std::to_string(WTERMSIG(status));
    return "the command ended with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::optional<std::string> run_command(const std::vector<std::string> &command,
                                       const std::string &input,
                                       std::chrono::milliseconds time_limit) {
    const auto deadline = Clock::now() + time_limit;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return std::string("no pipe: ") + std::strerror(errno);
    pid_t child = 0;
    const int error = start(command, ends[0], child);
    ::close(ends[0]);
    if (error != 0) {
        ::close(ends[1]);
        return "the command does not start: " + std::string(std::strerror(error));
    }
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    feed(ends[1], input, deadline);
    ::close(ends[1]);
    return wait_for(child, deadline);
}

}  // namespace witness
