// Bytes that are on disk when the call returns. Errors are std::system_error.
#pragma once

#include <filesystem>
#include <string_view>

namespace witness {

// All of it or nothing, also across a crash.
void replace_file(const std::filesystem::path &path, std::string_view content);

// At the end of the file, which is made where it is not there; what could be written only in
// part is cut off again.
void append_to_file(const std::filesystem::path &path, std::string_view content);

}  // namespace witness
