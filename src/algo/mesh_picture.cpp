// SPDX-License-Identifier: GPL-3.0-or-later
#include "syconn/algo/mesh_picture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "syconn/core/error.h"

namespace syconn {
namespace {

constexpr std::int64_t kSamples = 2;  // a side of a pixel
constexpr double kMargin = 0.04;
constexpr float kFar = std::numeric_limits<float>::max();

Vec3d unit(const Vec3d& v) {
  const double length = std::sqrt(v.dot(v));
  return length > 0 ? v / length : Vec3d(0, 0, 1);
}

/// Samples of the final picture with their depth.
class Canvas {
 public:
  Canvas(const PictureView& view)
      : width_(view.width * kSamples),
        height_(view.height * kSamples),
        rgb_(static_cast<std::size_t>(width_ * height_ * 3), 255),
        depth_(static_cast<std::size_t>(width_ * height_), kFar) {}

  std::int64_t width() const { return width_; }
  std::int64_t height() const { return height_; }
  void clear_depth() { std::fill(depth_.begin(), depth_.end(), kFar); }
  void put(std::int64_t x, std::int64_t y, double depth, const Colour& colour, double light) {
    const auto at = static_cast<std::size_t>(y * width_ + x);
    if (static_cast<float>(depth) >= depth_[at]) return;
    depth_[at] = static_cast<float>(depth);
    for (std::size_t c = 0; c < 3; ++c)
      rgb_[3 * at + c] = static_cast<std::uint8_t>(std::clamp(std::lround(colour[c] * light), 0L, 255L));
  }
  Picture reduced() const {
    Picture out{width_ / kSamples, height_ / kSamples, {}, 0};
    out.rgb.resize(static_cast<std::size_t>(out.width * out.height * 3));
    for (std::int64_t y = 0; y < out.height; ++y)
      for (std::int64_t x = 0; x < out.width; ++x)
        for (std::int64_t c = 0; c < 3; ++c) {
          int sum = 0;
          for (std::int64_t s = 0; s < kSamples * kSamples; ++s)
            sum += rgb_[static_cast<std::size_t>(
                ((y * kSamples + s / kSamples) * width_ + x * kSamples + s % kSamples) * 3 + c)];
          out.rgb[static_cast<std::size_t>((y * out.width + x) * 3 + c)] =
              static_cast<std::uint8_t>(sum / static_cast<int>(kSamples * kSamples));
        }
    return out;
  }

 private:
  std::int64_t width_, height_;
  std::vector<std::uint8_t> rgb_;
  std::vector<float> depth_;
};

/// From nm to samples: x, y on the canvas, z away from the eye.
class Camera {
 public:
  Camera(const PictureView& view, const Canvas& canvas) : right_(view.right), up_(view.up), back_(cross(up_, right_)) {
    half_ = Vec3d(static_cast<double>(canvas.width()) / 2, static_cast<double>(canvas.height()) / 2, 0);
  }
  void see(const Vec3d& point, double radius = 0) {
    const Vec3d p = turn(point);
    low_ = min(low_, p - Vec3d(radius)), high_ = max(high_, p + Vec3d(radius));
  }
  void fit() {
    if (high_.x < low_.x) return;
    const Vec3d size = max(high_ - low_, Vec3d(1));
    scale_ = (1 - 2 * kMargin) * std::min(2 * half_.x / size.x, 2 * half_.y / size.y);
    middle_ = (low_ + high_) * 0.5;
  }
  double scale() const { return scale_; }
  Vec3d operator()(const Vec3d& point) const { return (turn(point) - middle_) * scale_ + half_; }
  Vec3d turn(const Vec3d& v) const { return {v.dot(right_), -v.dot(up_), v.dot(back_)}; }

 private:
  Vec3d right_, up_, back_, half_, middle_;
  Vec3d low_{Vec3d(std::numeric_limits<double>::max())}, high_{Vec3d(std::numeric_limits<double>::lowest())};
  double scale_ = 0;
};

/// Light from the upper left, in front; the back of a face shines like its front, so that gaps do not turn black.
double light_on(const Vec3d& normal) {
  static const Vec3d lamp = unit({-0.4, -0.5, -0.8});
  return 0.35 + 0.65 * std::abs(normal.dot(lamp));
}

struct Corner {
  Vec3d at, normal;
};

void draw_triangle(Canvas& canvas, const Corner (&t)[3], const Colour& colour) {
  const double area =
      (t[1].at.x - t[0].at.x) * (t[2].at.y - t[0].at.y) - (t[2].at.x - t[0].at.x) * (t[1].at.y - t[0].at.y);
  if (area == 0) return;
  const auto low = [](double a, double b, double c) {
    return static_cast<std::int64_t>(std::ceil(std::min({a, b, c}) - 0.5));
  };
  const auto high = [](double a, double b, double c) {
    return static_cast<std::int64_t>(std::floor(std::max({a, b, c}) - 0.5));
  };
  const std::int64_t x0 = std::max<std::int64_t>(0, low(t[0].at.x, t[1].at.x, t[2].at.x)),
                     x1 = std::min(canvas.width() - 1, high(t[0].at.x, t[1].at.x, t[2].at.x)),
                     y0 = std::max<std::int64_t>(0, low(t[0].at.y, t[1].at.y, t[2].at.y)),
                     y1 = std::min(canvas.height() - 1, high(t[0].at.y, t[1].at.y, t[2].at.y));
  for (std::int64_t y = y0; y <= y1; ++y)
    for (std::int64_t x = x0; x <= x1; ++x) {
      const double px = static_cast<double>(x) + 0.5, py = static_cast<double>(y) + 0.5;
      double w[3];
      for (int i = 0; i < 3; ++i) {
        const Vec3d &a = t[(i + 1) % 3].at, &b = t[(i + 2) % 3].at;
        w[i] = ((b.x - a.x) * (py - a.y) - (px - a.x) * (b.y - a.y)) / area;
      }
      if (w[0] < 0 || w[1] < 0 || w[2] < 0) continue;
      const Vec3d normal = t[0].normal * w[0] + t[1].normal * w[1] + t[2].normal * w[2];
      canvas.put(x, y, t[0].at.z * w[0] + t[1].at.z * w[1] + t[2].at.z * w[2], colour, light_on(unit(normal)));
    }
}

void draw_mesh(Canvas& canvas, const Camera& camera, const PictureMesh& item) {
  const Mesh& mesh = *item.mesh;
  std::vector<Vec3d> normal(mesh.vertices_nm.size());
  for (std::size_t f = 0; f < mesh.n_faces(); ++f) {
    const auto vertex = [&](std::size_t k) { return Vec3d(mesh.vertices_nm[mesh.faces[3 * f + k]]); };
    const Vec3d n = cross(vertex(1) - vertex(0), vertex(2) - vertex(0));
    for (std::size_t k = 0; k < 3; ++k) normal[mesh.faces[3 * f + k]] += n;
  }
  for (std::size_t f = 0; f < mesh.n_faces(); ++f) {
    Corner t[3];
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t v = mesh.faces[3 * f + k];
      t[k] = {camera(Vec3d(mesh.vertices_nm[v])), unit(camera.turn(normal[v]))};
    }
    draw_triangle(canvas, t, item.colour);
  }
}

void draw_ball(Canvas& canvas, const Camera& camera, const PictureBall& ball) {
  const Vec3d c = camera(ball.centre_nm);
  const double r = std::max(ball.radius_nm * camera.scale(), 2.0 * kSamples);
  for (auto y = static_cast<std::int64_t>(c.y - r); y <= static_cast<std::int64_t>(c.y + r); ++y)
    for (auto x = static_cast<std::int64_t>(c.x - r); x <= static_cast<std::int64_t>(c.x + r); ++x) {
      const double dx = static_cast<double>(x) + 0.5 - c.x, dy = static_cast<double>(y) + 0.5 - c.y;
      const double rest = r * r - dx * dx - dy * dy;
      if (rest < 0 || x < 0 || y < 0 || x >= canvas.width() || y >= canvas.height()) continue;
      canvas.put(x, y, c.z - std::sqrt(rest), ball.colour, light_on(Vec3d(dx, dy, -std::sqrt(rest)) / r));
    }
}

void draw_scale_bar(Picture& picture) {
  if (picture.nm_per_pixel <= 0) return;
  const auto length = static_cast<std::int64_t>(scale_bar_nm(picture) / picture.nm_per_pixel);
  const std::int64_t x0 = picture.width / 50, y0 = picture.height - picture.height / 40 - 4;
  for (std::int64_t y = y0; y < std::min(y0 + 4, picture.height); ++y)
    for (std::int64_t x = x0; x < std::min(x0 + length, picture.width); ++x)
      for (std::int64_t c = 0; c < 3; ++c) picture.rgb[static_cast<std::size_t>((y * picture.width + x) * 3 + c)] = 0;
}

}  // namespace

double scale_bar_nm(const Picture& picture) {
  const double most = picture.nm_per_pixel * static_cast<double>(picture.width) / 4;
  if (most <= 0) return 0;
  const double ten = std::pow(10.0, std::floor(std::log10(most)));
  return most >= 5 * ten ? 5 * ten : most >= 2 * ten ? 2 * ten : ten;
}

Picture draw_meshes(std::span<const PictureMesh> meshes, std::span<const PictureBall> balls, const PictureView& view) {
  if (view.width < 1 || view.height < 1 || view.width > 20000 || view.height > 20000)
    throw Error(Category::runtime, "a picture must have 1 to 20,000 pixels a side");
  Canvas canvas(view);
  Camera camera(view, canvas);
  for (const PictureMesh& item : meshes)
    for (const Vec3f& v : item.mesh->vertices_nm) camera.see(Vec3d(v));
  for (const PictureBall& ball : balls) camera.see(ball.centre_nm, ball.radius_nm);
  camera.fit();
  for (const PictureMesh& item : meshes) draw_mesh(canvas, camera, item);
  canvas.clear_depth();
  for (const PictureBall& ball : balls) draw_ball(canvas, camera, ball);
  Picture picture = canvas.reduced();
  if (camera.scale() > 0) picture.nm_per_pixel = static_cast<double>(kSamples) / camera.scale();
  draw_scale_bar(picture);
  return picture;
}

}  // namespace syconn
