// How an answer gets to its client: as far as the socket takes it, without waiting.
#pragma once

#include "http_engine.hpp"

namespace gateway {

// Writes what the socket takes now. False if the connection is broken.
bool send_some(int socket, Outgoing &outgoing);

}  // namespace gateway
