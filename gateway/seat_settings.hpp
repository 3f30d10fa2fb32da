// Which models answer: the file that VVAULT_SEATS_FILE names, read once at the start. Anything in
// it that cannot be meant is refused with a sentence for the operator, and never with a key.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// Something that speaks OpenAI's /chat/completions.
struct Backend {
    std::string name;
    std::string url;  // of the call itself
    std::string model;
    std::string key;      // empty: none is sent
    std::string options;  // JSON members for each request, such as "temperature": 0.7
    std::chrono::milliseconds connect_limit{5'000};
    std::chrono::milliseconds total_limit{60'000};
    bool plain = false;  // http: on loopback, or allowed by name
};

struct Seat {
    std::string name;
    std::string prompt;                 // "{construct}" stands for the construct's name
    std::vector<std::string> words;     // in lower case; one of them in a message chooses the seat
    std::vector<std::size_t> backends;  // in the order of trying
};

struct SeatSettings {
    std::vector<Backend> backends;
    std::vector<Seat> seats;  // empty: not configured
    std::size_t usual = 0;    // the seat where nothing chooses another
    std::chrono::milliseconds total_limit{120'000};
    std::size_t history_messages = 20;
    std::size_t history_bytes = std::size_t{64} << 10;
    std::size_t answer_bytes = std::size_t{1} << 20;
    int at_once = 32;

    const Seat *find(std::string_view name) const;
    // By these rules: the first seat, in the file's order, of which a word stands in the message
    // as a word of its own; else the usual one.
    const Seat &for_message(std::string_view message) const;

    // Throws std::invalid_argument.
    static SeatSettings read(const std::string &path);
};

}  // namespace gateway
