// The tree of pages above a file's chunks: made from the list of chunks, taken apart again,
// and read from any place on.
#pragma once

#include <optional>
#include <set>

#include "pg/chunk_store.hpp"

namespace vvault::pg {

struct TreeParts {
    std::optional<Root> root;  // none where there is no chunk
    ChunkRefs leaves;
    std::set<Uuid> ids;  // of leaves and pages
};

class FileTree {
public:
    explicit FileTree(const ChunkStore &chunks) : chunks_(chunks) {}

    // Stores the pages above chunks that are stored.
    TreeParts keep(const ChunkRefs &leaves) const;

    TreeParts parts(const std::optional<Root> &root) const;

    // Fills `content` with what begins at that offset; all of it lies within the root.
    void read(const Root &root, std::uint64_t offset, std::span<std::uint8_t> content) const;

private:
    void take_apart(const ChunkRef &ref, int height, TreeParts &parts) const;
    SecretBytes open_page(const ChunkRef &ref) const;
    void read_below(const ChunkRef &ref, int height, std::uint64_t offset,
                    std::span<std::uint8_t> content) const;

    ChunkStore chunks_;
};

}  // namespace vvault::pg
