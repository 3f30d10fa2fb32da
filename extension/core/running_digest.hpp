// SHA-256 of content that comes in parts: what was hashed so far can be written down and gone
// on from, by another process too. What is written down tells of the content (up to 63 bytes of
// it stand there as they are): whoever keeps it seals it.
#pragma once

#include "bytes.hpp"

namespace vvault {

class RunningDigest {
public:
    RunningDigest();
    // Throws Errc::does_not_open for what written() does not give.
    explicit RunningDigest(ByteView written);
    ~RunningDigest();
    RunningDigest(const RunningDigest &) = delete;
    RunningDigest &operator=(const RunningDigest &) = delete;

    void add(ByteView bytes);
    // Of all that was added; more can be added afterwards.
    Digest digest() const;

    // state (8 × u32) ‖ bytes hashed (u64) ‖ those of the last, incomplete block
    SecretBytes written() const;

private:
    struct State;
    State *state_;
};

}  // namespace vvault
