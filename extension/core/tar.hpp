// Files as entries of a tar archive (POSIX.1-2001): plain ustar, with a pax header in front
// where the path is long or not ASCII. Entries follow each other without glue.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/bytes.hpp"

namespace vvault {

struct TarFile {
    std::string_view path;
    std::int64_t modified_s;  // since 1970; times that tar cannot say become the nearest it can
    ByteView content;
};

Bytes tar_entry(const TarFile &file);

// What follows the last entry.
Bytes tar_end();

}  // namespace vvault
