// The sockets that clients knock at.
#pragma once

#include <string>

namespace gateway {

// What a system call gave, unless it failed: then std::system_error.
int checked(int result, const char *what);

// Bound and listening; port 0 takes a free one. The address is IPv4 or IPv6.
int listen_on(const std::string &address, int port);
int port_of(int listener);

}  // namespace gateway
