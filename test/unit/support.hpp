// What several unit tests need: an expected Errc, and inputs that are random but
// the same in every run.
#pragma once

#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "core/bytes.hpp"
#include "core/error.hpp"

namespace vvault::test {

// Runs the body; the Error it throws, or a failed test when it throws none.
template <class Body>
Error error_of(Body body) {
    try {
        body();
    } catch (const Error &error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(Errc::internal, "nothing was thrown");
}

template <class Body>
void expect_error(Errc expected, Body body) {
    EXPECT_EQ(static_cast<int>(error_of(body).code()), static_cast<int>(expected));
}

inline Bytes noise(std::size_t size, unsigned seed = 1) {
    std::mt19937 random(seed);
    Bytes bytes(size);
    for (auto &byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

inline Uuid some_uuid(unsigned seed) {
    Uuid uuid;
    std::memcpy(uuid.data(), noise(uuid.size(), seed).data(), uuid.size());
    return uuid;
}

inline bool same(ByteView left, ByteView right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace vvault::test
