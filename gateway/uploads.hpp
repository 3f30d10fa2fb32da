// A file's content taken in parts: each is stored by a transaction of its own, and the last
// makes a version of all of them.
#pragma once

#include "exchange.hpp"

namespace gateway {

// What a PUT says of a file besides its content.
struct NewFile {
    std::optional<std::int64_t> expected;  // version; 0: none
    std::optional<std::string> media_type;
    std::string encrypted;
    std::optional<std::string> metadata;  // the text of a JSON object
};

// Stores the body, which is all of it or the next part. The version, once that was the last.
std::optional<std::string> put_part(Exchange &exchange, const NewFile &file);

}  // namespace gateway
