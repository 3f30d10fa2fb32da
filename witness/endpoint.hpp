// One HTTP witness: C2SP add-checkpoint (c2sp.org/tlog-witness). It is told the size that it
// has seen last and a proof from there; its cosignature comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "kept.hpp"

namespace witness {

class Endpoint {
public:
    Endpoint(std::string url, std::chrono::milliseconds timeout);

    // What went wrong, or nothing when the witness has taken the checkpoint.
    std::optional<std::string> post(const std::string &note, std::uint64_t size,
                                    const ConsistencyProof &proof);

    const std::string &cosignature() const { return cosignature_; }

private:
    struct Answer {
        long status = 0;
        std::string body;
        std::string error;
    };
    Answer send(const std::string &body) const;

    std::string url_;
    std::chrono::milliseconds timeout_;
    std::uint64_t seen_ = 0;  // by the other side; it says so where we are wrong
    std::string cosignature_;
};

}  // namespace witness
