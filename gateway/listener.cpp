#include "listener.hpp"

#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace gateway {

namespace {

constexpr int backlog = 4096;

}  // namespace

int checked(int result, const char *what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

int listen_on(const std::string &address, int port) {
    sockaddr_storage storage{};
    socklen_t length = 0;
    auto *four = reinterpret_cast<sockaddr_in *>(&storage);
    auto *six = reinterpret_cast<sockaddr_in6 *>(&storage);
    if (inet_pton(AF_INET, address.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(static_cast<std::uint16_t>(port));
        length = sizeof *four;
    } else {
        inet_pton(AF_INET6, address.c_str(), &six->sin6_addr);
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(static_cast<std::uint16_t>(port));
        length = sizeof *six;
    }
    const int listener =
        checked(socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    const int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    checked(bind(listener, reinterpret_cast<sockaddr *>(&storage), length), "bind");
    checked(listen(listener, backlog), "listen");
    return listener;
}

int port_of(int listener) {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    getsockname(listener, reinterpret_cast<sockaddr *>(&storage), &length);
    return ntohs(storage.ss_family == AF_INET6
                     ? reinterpret_cast<sockaddr_in6 *>(&storage)->sin6_port
                     : reinterpret_cast<sockaddr_in *>(&storage)->sin_port);
}

}  // namespace gateway
