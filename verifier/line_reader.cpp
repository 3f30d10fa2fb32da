#include "line_reader.hpp"

#include "verdict.hpp"

namespace verifier {

bool LineReader::next(std::string &line) {
    line.clear();
    ++number_;
    std::streambuf *const buffer = input_.rdbuf();
    for (int c = buffer->sbumpc(); c != '\n'; c = buffer->sbumpc()) {
        if (c == std::char_traits<char>::eof()) return !line.empty();
        if (c == '\0') throw Unusable("line " + std::to_string(number_) + " holds a NUL");
        if (line.size() == longest)
            throw Unusable("line " + std::to_string(number_) + " is longer than " +
                           std::to_string(longest) + " bytes");
        line.push_back(static_cast<char>(c));
    }
    return true;
}

}  // namespace verifier
