#include "emulator/cp/ring.hpp"

#include <cstdio>
#include <utility>

#include "emulator/cp/access.hpp"

namespace gcn::emulator {

namespace {

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string seconds(double s) {
    char text[24];
    std::snprintf(text, sizeof text, "%g", s);
    return text;
}

std::string sentence(const Fault& f) {
    return "wave " + std::to_string(f.wave) + " of group (" + std::to_string(f.group[0]) + ", " +
           std::to_string(f.group[1]) + ", " + std::to_string(f.group[2]) + "): " + f.text;
}

}  // namespace

Ring::Ring(Scheduler& scheduler, std::unique_ptr<Engine> engine, double patience)
    : scheduler(scheduler), engine(std::move(engine)), patience(patience) {}

void Ring::submit(Job next) {
    {
        const std::lock_guard lock(guard);
        jobs.push_back(std::move(next));
    }
    scheduler.wake();
}

bool Ring::next_job() {
    const std::lock_guard lock(guard);
    if (suspended() || jobs.empty() || !jobs.front().ready()) return false;
    job = std::move(jobs.front());
    jobs.pop_front();
    busy = true;
    buffer = 0;
    moved = Clock::now();
    return true;
}

bool Ring::step() {
    if (!busy && !next_job()) {
        engine->rest();
        return false;
    }
    if (dead) {  // as after a reset of a guilty context: the driver cancels its jobs
        end("an earlier submission was given up");
        return true;
    }
    try {
        if (buffer == 0 && !job.buffers.empty()) engine->begin(job.buffers[0].address, job.buffers[0].words), ++buffer;
        switch (engine->advance()) {
            case Engine::State::Progress:
                moved = Clock::now();
                return true;
            case Engine::State::Waiting:
                if (engine->running()) moved = Clock::now();
                engine->rest();
                if (patience > 0 && Clock::now() - moved > std::chrono::duration<double>(patience))
                    give_up("it has waited for " + seconds(patience) + " seconds for memory that nobody changed");
                return false;
            case Engine::State::Done:
                break;
        }
        if (buffer < job.buffers.size()) {
            engine->begin(job.buffers[buffer].address, job.buffers[buffer].words);
            ++buffer;
        } else {
            end("");
        }
    } catch (const BadPacket& bad) {
        give_up(bad.why);
    } catch (const GridFault& bad) {
        give_up(bad.fault.kind == FaultKind::Stopped ? "it was stopped" : sentence(bad.fault));
    } catch (const BadAddress& bad) {
        give_up(std::string("a packet ") + (bad.write ? "writes to " : "reads from ") + hex(bad.address) +
                ", which is not mapped to the GPU");
    }
    return true;
}

void Ring::give_up(const std::string& why) {
    std::fprintf(stderr, "gcn: a ring has stopped: %s.\n", why.c_str());
    dead = true;
    engine->stop();
    end(why);
}

void Ring::end(const std::string& why) {
    busy = false;
    const auto done = std::move(job.done);
    job = {};
    done(why);
}

void Ring::stop() {
    engine->stop();
    if (busy) end("its context is gone");
    std::deque<Job> left;
    {
        const std::lock_guard lock(guard);
        left.swap(jobs);
    }
    for (Job& j : left) j.done("its context is gone");
}

}  // namespace gcn::emulator
