// SPDX-License-Identifier: GPL-3.0-or-later
// Why SLURM says that a job waits, where waiting does not help, and what to type.
#include "slurm_calls.h"

namespace syconn {
namespace {

enum class Cure { profile, staff, budget };
struct Reason {
  const char* word;  ///< part of squeue's %r
  const char* meaning;
  Cure cure;
};

constexpr Reason kReasons[] = {
    {"BadConstraints", "no node has the memory, cores, gres or features it asks for", Cure::profile},
    {"PartitionNodeLimit", "it asks for more than the partition's nodes have", Cure::profile},
    {"PartitionTimeLimit", "its time limit is longer than the partition allows", Cure::profile},
    {"InvalidAccount", "the account is not valid", Cure::profile},
    {"InvalidQOS", "the QOS is not valid", Cure::profile},
    {"AccountNotAllowed", "the partition does not take this account", Cure::profile},
    {"QOSNotAllowed", "the partition does not take this QOS", Cure::profile},
    {"PerJob", "it asks for more than a limit of the QOS or account gives a job", Cure::profile},
    {"PerNode", "it asks for more than a limit of the QOS or account gives on a node", Cure::profile},
    {"MaxMemPerLimit", "it asks for more memory than the site allows", Cure::profile},
    {"MaxCpuPerNode", "it asks for more cores than the partition allows", Cure::profile},
    {"QOSMinCpuNotSatisfied", "it asks for less than the QOS wants", Cure::profile},
    {"QOSMinMemory", "it asks for less memory than the QOS wants", Cure::profile},
    {"QOSMinGRES", "it asks for fewer gres than the QOS wants", Cure::profile},
    {"BillingMinutes", "the hours of the account or QOS are used up", Cure::budget},
    {"CPUMinutesLimit", "the hours of the account or QOS are used up", Cure::budget},
    {"CPURunMinutes", "the hours of the account or QOS are used up", Cure::budget},
    {"PartitionDown", "the partition is down", Cure::staff},
    {"PartitionInactive", "the partition is inactive", Cure::staff},
    {"ReqNodeNotAvail", "the nodes it may use are down, drained or reserved", Cure::staff},
    {"DOWN, DRAINED", "the nodes it may use are down, drained or reserved", Cure::staff},
    {"NodeDown", "the nodes it may use are down", Cure::staff},
    {"Reservation", "its reservation has ended or has not begun", Cure::staff},
};

std::string cure_text(Cure cure, const std::string& array) {
  if (cure == Cure::staff)
    return "see sinfo -R; wait for the site's staff, or put another partition into RUN/slurm/profile.yml and type: "
           "scancel " +
           array + "; syconn slurm resume RUN";
  if (cure == Cure::budget)
    return "ask the site for more, or put another account into RUN/slurm/profile.yml and type: "
           "scancel " +
           array + "; syconn slurm resume RUN";
  return "change RUN/slurm/profile.yml, then type: scancel " + array + "; syconn slurm resume RUN";
}

}  // namespace

std::string QueuedJob::hopeless() const {
  if (state != "PENDING") return {};
  if (is_failed_launch()) return id + " is held since SLURM failed to launch it; type: syconn slurm resume RUN";
  if (reason == "DependencyNeverSatisfied")
    return id + " waits for a job that failed; type: scancel " + id + "; syconn slurm resume RUN";
  if (reason == "JobHeldUser" || reason == "JobHeldAdmin") return id + " is held; type: scontrol release " + id;
  for (const Reason& r : kReasons)
    if (reason.find(r.word) != std::string::npos)
      return id + ": " + r.meaning + " (" + reason + "); " + cure_text(r.cure, array_id());
  return {};
}

}  // namespace syconn
