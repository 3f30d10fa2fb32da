#include "aside.hpp"

#include <chrono>

namespace gateway {

namespace {

constexpr auto farewell = std::chrono::seconds(1);

}  // namespace

void Aside::leave() {
    std::unique_lock lock(mutex);
    stopping = true;
    changed.notify_all();
    changed.wait_for(lock, farewell, [this] { return ended; });
}

}  // namespace gateway
