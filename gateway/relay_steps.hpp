// What workers do for a question that a model is asked: what it takes from the database, and
// storing what came of it. doc/seats.md tells the whole way.
#pragma once

#include <memory>
#include <optional>

#include "application.hpp"
#include "relay.hpp"

namespace gateway {

// The answer for the request that waits, if this step has ended it; it is the relay's `waiting`.
// Never throws.
std::optional<Answer> step_relay(const std::shared_ptr<Relay> &relay, RelayStep step,
                                 Service &service, Database &database);

// Once the question is claimed: from its history to what a backend is sent. Throws Problem.
void prepare_question(Relay &relay, const SeatSettings &settings, Database &database);

// The stored answer of that number, as JSON of the Chatty dialect. Throws Problem.
std::string stored_answer(const Relay &relay, std::int64_t number, Database &database);

}  // namespace gateway
