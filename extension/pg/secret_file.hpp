// Reads a file of keys, and refuses one that others could have read or written.
#pragma once

#include <optional>
#include <string>

#include "core/bytes.hpp"

namespace vvault::pg {

struct SecretFile {
    SecretBytes content;
    // Changes when the file is replaced or written again.
    std::string stamp;
};

// Nothing where no such file exists. Throws Errc::root_key_refused for a file that
// belongs to somebody else than the server's user or root, that group or others may
// touch, that is no plain file, that lies inside the data directory, or that is larger
// than 64 KiB.
std::optional<SecretFile> read_secret_file(const std::string &path);

// The stamp alone; empty where the file cannot be looked at.
std::string secret_file_stamp(const std::string &path);

}  // namespace vvault::pg
