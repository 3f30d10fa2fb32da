// The process_* metrics that every Prometheus client has, from the kernel.
#pragma once

#include "exposition.hpp"

namespace gateway {

void tell_process(Exposition &out);

}  // namespace gateway
