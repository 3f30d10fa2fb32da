// zstd around one plaintext, always alone: what is compressed together with a
// secret can be told from the length (CRIME, BREACH). The form is a u64 with the
// plain length and one zstd frame.
#pragma once

#include <optional>

#include "bytes.hpp"

namespace vvault::detail {

// Nothing when it is not worth it: below so many bytes, or saving less than 1/16.
std::optional<SecretBytes> compress(ByteView plaintext, std::size_t worth_trying = 512);

// Nothing when the text is not what compress() gives, or names a length above
// the limit; no more than the named length is ever written.
std::optional<SecretBytes> decompress(ByteView compressed, std::size_t limit);
// The same into memory of the caller's, which is zeros where it gives false after taking it.
bool decompress(ByteView compressed, std::size_t limit, const Memory &plaintext);

}  // namespace vvault::detail
