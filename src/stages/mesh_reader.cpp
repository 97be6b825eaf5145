// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "mesh_steps.h"
#include "record_cursor.h"

namespace syconn {
namespace {

/// Bytes in memory up to a cap, all of them in a nameless file beyond it.
class SpillBuffer {
 public:
  SpillBuffer(fs::path folder, std::uint64_t cap) : folder_(std::move(folder)), cap_(cap) {}
  SpillBuffer(const SpillBuffer&) = delete;
  SpillBuffer& operator=(const SpillBuffer&) = delete;
  ~SpillBuffer() {
    if (file_ >= 0) ::close(file_);
  }
  std::uint64_t size() const { return size_; }
  void append(const std::vector<char>& bytes) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    size_ += bytes.size();
    if (memory_.size() > cap_) flush();
  }
  void read(std::uint64_t at, std::size_t bytes, void* to) const {
    if (at >= flushed_) {
      std::memcpy(to, memory_.data() + (at - flushed_), bytes);
      return;
    }
    char* out = static_cast<char*>(to);
    while (bytes > 0) {
      const ssize_t n = ::pread(file_, out, bytes, static_cast<off_t>(at));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("read");
      out += n, at += static_cast<std::uint64_t>(n), bytes -= static_cast<std::size_t>(n);
    }
  }

 private:
  void flush() {
    if (file_ < 0) open_file();
    for (std::size_t done = 0; done < memory_.size();) {
      const ssize_t n = ::write(file_, memory_.data() + done, memory_.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) fail("write");
      done += static_cast<std::size_t>(n);
    }
    flushed_ += memory_.size();
    memory_.clear();
  }
  void open_file() {
    std::string name = (folder_ / ".meshes.XXXXXX").string();
    file_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (file_ < 0) fail("create");
    ::unlink(name.c_str());
  }
  [[noreturn]] void fail(const char* what) const {
    throw Error(Category::runtime, std::string("cannot ") + what + " a file of spilled meshes in '" + folder_.string() +
                                       "': " + std::strerror(errno));
  }
  fs::path folder_;
  std::uint64_t cap_, size_ = 0, flushed_ = 0;
  std::vector<char> memory_;
  int file_ = -1;
};

}  // namespace

struct MeshReader::Impl {
  struct Piece {
    Id id;
    std::uint64_t at, n_faces;
  };
  Impl(const MeshLattice& l, const fs::path& folder, std::uint64_t cap) : lattice(l), buffer(folder, cap) {}
  MeshLattice lattice;
  SpillBuffer buffer;
  std::vector<Piece> pieces;
  std::vector<Id> ids;

  void add(const std::vector<char>& bytes) {
    for (RecordCursor cursor(bytes); !cursor.at_end();) {
      const auto id = cursor.one<Id>();
      const auto n = cursor.one<std::uint64_t>();
      pieces.push_back({id, buffer.size() + cursor.position(), n});
      for (int k = 0; k < 3; ++k) cursor.skip<VertexKey>(n);
    }
    buffer.append(bytes);
  }
};

MeshReader::MeshReader(const std::vector<fs::path>& files, std::uint32_t shard, const MeshLattice& lattice,
                       const fs::path& spill_folder, std::uint64_t memory_bytes)
    : impl_(std::make_unique<Impl>(lattice, spill_folder, memory_bytes)) {
  std::vector<char> bytes;
  for (const fs::path& file : files) {
    bytes.clear();
    RecordFile(file).read(shard, bytes);
    impl_->add(bytes);
  }
  std::sort(impl_->pieces.begin(), impl_->pieces.end(),
            [](const Impl::Piece& a, const Impl::Piece& b) { return a.id != b.id ? a.id < b.id : a.at < b.at; });
  for (const Impl::Piece& p : impl_->pieces)
    if (impl_->ids.empty() || impl_->ids.back() != p.id) impl_->ids.push_back(p.id);
}
MeshReader::~MeshReader() = default;
MeshReader::MeshReader(MeshReader&&) noexcept = default;

const std::vector<Id>& MeshReader::ids() const { return impl_->ids; }

Mesh MeshReader::mesh(Id id) const {
  const auto first = std::lower_bound(impl_->pieces.begin(), impl_->pieces.end(), id,
                                      [](const Impl::Piece& p, Id i) { return p.id < i; });
  std::vector<VertexKey> corners;
  for (auto p = first; p != impl_->pieces.end() && p->id == id; ++p) {
    const std::size_t before = corners.size();
    corners.resize(before + 3 * p->n_faces);
    impl_->buffer.read(p->at, 3 * p->n_faces * sizeof(VertexKey), corners.data() + before);
  }
  std::vector<VertexKey> keys = corners;
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  Mesh mesh;
  for (const VertexKey key : keys) mesh.vertices_nm.push_back(impl_->lattice.position_nm(key));
  for (const VertexKey key : corners)
    mesh.faces.push_back(static_cast<std::uint32_t>(std::lower_bound(keys.begin(), keys.end(), key) - keys.begin()));
  detail::sort_faces(mesh.faces);
  return mesh;
}

}  // namespace syconn
