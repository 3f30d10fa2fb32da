// How many connections each address has, so that one client cannot take them all. A
// connection that a trusted proxy makes is nobody's; while it carries a request it is
// the caller's. The front alone calls.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "address.hpp"

namespace gateway {

class Crowd {
public:
    explicit Crowd(int limit) : limit_(limit) {}  // 0: none

    // One connection of an address, given back when this ends.
    class Place {
    public:
        Place(Place &&other) noexcept
            : crowd_(std::exchange(other.crowd_, nullptr)), address_(other.address_) {}
        Place &operator=(Place &&other) noexcept {
            std::swap(crowd_, other.crowd_);
            std::swap(address_, other.address_);
            return *this;
        }
        ~Place() {
            if (crowd_) crowd_->leave(address_);
        }

    private:
        friend class Crowd;
        Crowd *crowd_;
        Address address_;

        Place(Crowd *crowd, const Address &address) : crowd_(crowd), address_(address) {}
    };

    // Nothing if the address has as many as it may have.
    std::optional<Place> enter(const Address &address) {
        auto &count = counts_[address.neighbourhood()];
        if (limit_ > 0 && count >= limit_) return std::nullopt;
        ++count;
        return Place(this, address);
    }

private:
    const int limit_;
    std::map<std::array<std::uint8_t, 16>, int> counts_;

    void leave(const Address &address) {
        const auto found = counts_.find(address.neighbourhood());
        if (--found->second == 0) counts_.erase(found);
    }
};

}  // namespace gateway
