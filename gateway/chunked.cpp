#include "chunked.hpp"

#include <algorithm>

#include "problem.hpp"

namespace gateway {

namespace {

// More digits than any chunk that is sent has.
constexpr int most_digits = 12;

[[noreturn]] void refuse() {
    throw Problem::of("bad-request",
                      "the body's chunked coding is malformed, or has extensions or trailers");
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

void ChunkDecoder::take_control(char c) {
    const auto expect = [&](char expected, State next) {
        if (c != expected) refuse();
        state_ = next;
    };
    switch (state_) {
        case State::size:
            if (const int value = hex_value(c); value >= 0) {
                if (++digits_ > most_digits) refuse();
                left_ = left_ * 16 + static_cast<std::uint64_t>(value);
                return;
            }
            if (digits_ == 0) refuse();
            return expect('\r', State::size_end);
        case State::size_end:
            digits_ = 0;
            return expect('\n', left_ > 0 ? State::data : State::last_cr);
        case State::data_cr:
            return expect('\r', State::data_lf);
        case State::data_lf:
            return expect('\n', State::size);
        case State::last_cr:
            return expect('\r', State::last_lf);
        case State::last_lf:
            return expect('\n', State::ended);
        case State::data:
        case State::ended:
            return;
    }
}

std::size_t ChunkDecoder::take(std::string_view input, std::string &body, std::size_t most) {
    std::size_t taken = 0;
    while (taken < input.size() && !ended()) {
        if (state_ != State::data) {
            take_control(input[taken++]);
            continue;
        }
        const auto room = most - std::min(most, body.size());
        const auto here = std::min<std::uint64_t>({left_, input.size() - taken, room});
        if (here == 0) break;
        body.append(input.substr(taken, here));
        taken += here;
        left_ -= here;
        if (left_ == 0) state_ = State::data_cr;
    }
    return taken;
}

}  // namespace gateway
