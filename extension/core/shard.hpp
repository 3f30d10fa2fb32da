// Which of the 10,000 shards a user belongs to: MD5 of the lower-case text of
// the user's id (36 characters), read as one big-endian number, modulo 10000.
// MD5 because that is what the vault has always done; it spreads, and secures
// nothing.
#pragma once

#include <string>

#include "bytes.hpp"

namespace vvault {

constexpr int shard_count = 10000;

int shard_of(const Uuid &user_id);

// shard_0000 … shard_9999; Errc::invalid_argument outside.
std::string shard_name(int shard);

}  // namespace vvault
