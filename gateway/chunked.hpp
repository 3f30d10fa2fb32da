// The chunked coding of a body (RFC 9112, 7.1), taken apart as it comes. As strict as the
// framing of headers and for its reason: no extensions, no trailers, no stray byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway {

class ChunkDecoder {
public:
    // Takes from the front of `input` and adds what it means to `body`, up to so many bytes
    // there; returns how much it took. Nothing behind the end is taken. Throws Problem.
    std::size_t take(std::string_view input, std::string &body, std::size_t most);

    bool ended() const { return state_ == State::ended; }

private:
    enum class State { size, size_end, data, data_cr, data_lf, last_cr, last_lf, ended };

    State state_ = State::size;
    std::uint64_t left_ = 0;  // of the chunk at hand
    int digits_ = 0;

    void take_control(char c);
};

}  // namespace gateway
