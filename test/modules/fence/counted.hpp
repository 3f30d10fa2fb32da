// An object whose life is counted: what is still alive after an error was jumped over
// instead of unwound.
#pragma once

#include <string>

namespace fence {

inline int live_objects = 0;

class Counted {
public:
    Counted() { ++live_objects; }
    Counted(const Counted &) = delete;
    Counted &operator=(const Counted &) = delete;
    ~Counted() { --live_objects; }

private:
    // Longer than what std::string keeps inside itself: it owns memory of the heap.
    std::string text_ = std::string(64, 'x');
};

}  // namespace fence
