// Lines of a file or of standard input, one in memory at a time.
#pragma once

#include <cstdint>
#include <istream>
#include <string>

namespace verifier {

class LineReader {
public:
    // Payloads are rows without their content; a line beyond this is no entry.
    static constexpr std::size_t longest = 64u << 20;

    explicit LineReader(std::istream &input) : input_(input) {}

    // False at the end. Throws Unusable for a line that is too long, for a NUL, which
    // JSON cannot hold, and when the input cannot be read.
    bool next(std::string &line);
    std::uint64_t number() const { return number_; }

private:
    std::istream &input_;
    std::uint64_t number_ = 0;
};

}  // namespace verifier
