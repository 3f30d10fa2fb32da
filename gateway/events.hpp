// Server-Sent Events: reading on for a subscription, and the bytes that events
// become. What is told, and to whom, the database decides (vvault.list_events).
#pragma once

#include <string>
#include <string_view>

#include "database.hpp"
#include "subscription.hpp"

namespace gateway {

// The events behind the subscription's place, which moves on. A refusal ends the
// subscription and is its last event; an outage leaves it as it was.
std::string read_on(Subscription &subscription, Database &database);

// The last event of a stream: why it ends. `retry` asks the client to wait so long
// before it comes back.
std::string farewell(std::string_view reason, int retry_milliseconds);

// Sets the client's place without telling anything.
std::string place_mark(const Subscription &subscription);

}  // namespace gateway
