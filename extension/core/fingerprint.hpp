// What makes a repeated message known again: a keyed digest over texts, framed so that no two
// lists of texts look alike. A text that is missing is not the same as an empty one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "secret.hpp"

namespace vvault {

// 32 hexadecimal digits.
std::string fingerprint(const SecretKey &key,
                        std::span<const std::optional<std::string_view>> parts);

}  // namespace vvault
