// SimGrid's flow simulation without a protocol, for comparison with `swarmbound run`: every host of
// a star sends files of 256 KiB, four at a time, to random hosts. There is no tracker, choking or
// chunk selection: less work per transfer than in a swarm.
//
//     bulk HOSTS TRANSFERS
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace sg4 = simgrid::s4u;

// Number of transfers that a host sends at a time, as many as the choker has slots.
constexpr int slots = 4;

int main(int argc, char** argv)
{
  sg4::Engine engine(&argc, argv);
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s HOSTS TRANSFERS\n", argv[0]);
    return 2;
  }
  const int hosts = std::atoi(argv[1]);
  const int each = std::atoi(argv[2]) / hosts;
  // The links of the preset `figure`, in bytes a second.
  const double up = 1e6 / 8, down = 20e6 / 8;
  auto* star = sg4::create_star_zone("star");
  for (int i = 0; i < hosts; i++) {
    const std::string name = std::to_string(i);
    auto* host = star->create_host(name, 1e9);
    const auto* sends = star->create_link(name + "-up", up)->set_latency(0)->seal();
    const auto* takes = star->create_link(name + "-down", down)->set_latency(0)->seal();
    star->add_route(host->get_netpoint(), nullptr, nullptr, nullptr,
                    std::vector<sg4::LinkInRoute>{sg4::LinkInRoute(sends)}, false);
    star->add_route(nullptr, host->get_netpoint(), nullptr, nullptr,
                    std::vector<sg4::LinkInRoute>{sg4::LinkInRoute(takes)}, false);
  }
  star->seal();
  static char payload;
  for (int i = 0; i < hosts; i++) {
    auto* host = engine.host_by_name(std::to_string(i));
    for (int slot = 0; slot < slots; slot++)
      sg4::Actor::create("sender", host, [i, slot, hosts, each] {
        std::mt19937 random(i * slots + slot);
        for (int k = slot; k < each; k += slots) {
          const int other = (i + 1 + static_cast<int>(random() % (hosts - 1))) % hosts;
          sg4::Mailbox::by_name(std::to_string(other))->put(&payload, 262144);
        }
      });
    // Nearly always enough receivers for all that send to this host at a time.
    for (int place = 0; place < 4 * slots; place++)
      sg4::Actor::create("receiver", host, [i] {
        while (true)
          sg4::Mailbox::by_name(std::to_string(i))->get<char>();
      })->daemonize();
  }
  engine.run();
  const double seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  std::printf("%d hosts: %d transfers in %.2f CPU-s, %.0f a CPU-second; %.0f s of virtual time\n",
              hosts, hosts * each, seconds, hosts * each / seconds, sg4::Engine::get_clock());
  return 0;
}
