// A worker answers one request after the other, with a database connection and
// an HTTP engine of its own, so that workers share nothing but the two queues.
#pragma once

#include "queues.hpp"
#include "service.hpp"

namespace gateway {

// Returns when the job queue is closed.
void work(Service &service, WorkerCounts &counts, JobQueue &jobs, CompletionQueue &completions);

}  // namespace gateway
