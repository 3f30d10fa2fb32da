// The difference of two versions of a text.
#include <string>

#include "core/diff.hpp"
#include "core/error.hpp"
#include "pg/datum.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

std::string_view comparable(FunctionCallInfo fcinfo, int position, const char *argument) {
    const std::string_view text = as_text(bytes_argument(fcinfo, position));
    if (!is_comparable_text(text))
        throw Error(Errc::invalid_argument, "a binary file has no lines to compare")
            .detail(std::string("Argument \"") + argument +
                    "\": that version holds a NUL or bytes that are not UTF-8.")
            .hint("Read both versions and compare them as bytes.");
    return text;
}

}  // namespace

// _diff(a bytea, b bytea, label_a text, label_b text) → text
VVAULT_FUNCTION(vvault_diff) {
    const DiffSide a{.text = comparable(fcinfo, 0, "a"), .label = text_argument(fcinfo, 2)};
    const DiffSide b{.text = comparable(fcinfo, 1, "b"), .label = text_argument(fcinfo, 3)};
    return text_datum(unified_diff(a, b, check_for_interrupts));
}
