// One question on its way to a model and back. It goes from thread to thread, and one has it at a
// time: a worker stores the question, the relays' thread asks backends, a worker stores what came
// of it. No worker and no database connection waits for a model.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "seat_settings.hpp"

namespace gateway {

class AnswerStream;
class Relays;
struct Job;
struct Route;

struct Attempt {
    std::string backend;
    std::string model;
    std::string error_class;  // empty: it answered
    std::chrono::milliseconds latency{};
};

struct Relay {
    using Clock = std::chrono::steady_clock;

    // Gives back its place among those that run.
    ~Relay();

    // Fixed once it has begun.
    Relays *home = nullptr;
    const Seat *seat = nullptr;
    std::string token;
    std::string session;
    std::string client_id;
    std::string claim;
    std::string construct;
    std::string construct_name;
    std::string request_id;
    Clock::time_point begun = Clock::now();
    Clock::time_point ends_at{};
    // Who waits: a request whose answer is due, or somebody who reads along. Neither may be left.
    std::unique_ptr<Job> waiting;
    const Route *route = nullptr;
    std::shared_ptr<AnswerStream> stream;

    // Of whoever has it at the moment.
    std::int64_t question = 0;  // its number; 0 while somebody else answers it
    std::string messages;       // JSON: what a backend is sent
    std::vector<Attempt> tried;
    std::string answer;
    std::string model;  // as the backend calls itself
    bool partial = false;
    Clock::time_point asked{};  // the first backend
    std::chrono::milliseconds latency{};
};

// What a worker is to do for it: store what came, look again whether somebody else has answered,
// or say that it is still being answered.
enum class RelayStep { finish, look, keep };

}  // namespace gateway
