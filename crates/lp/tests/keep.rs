//! Which rotated files are there in runs that keep checkpoints: no more than are to be kept, whether or not anything comes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lp::encode::Encoding;
use lp::follow::{Follow, FollowedSource, Stop};
use lp::format::app::App;
use lp::sink::{FileOptions, Keep, Rotation};
use lp::tail::{Group, Pattern, Start, Store};
use lp::{Notice, Observer, Outlet, Pipeline};

/// How many checkpoints were kept, and could not be.
#[derive(Clone, Default)]
struct Checkpoints(Arc<[AtomicUsize; 2]>);

impl Observer for Checkpoints {
    fn notice(&mut self, notice: &Notice<'_>) {
        if let Notice::Checkpoint(kept) = notice {
            self.0[usize::from(kept.is_err())].fetch_add(1, Ordering::SeqCst);
        }
    }
}

const LINE: &str = "[2025-11-06 10:30:15] INFO one of many lines\n";

/// A folder with a log, and with an output of which each rotated file has ten of its lines.
struct World {
    folder: tempfile::TempDir,
    checkpoints: Checkpoints,
}

impl World {
    /// A log of so many lines.
    fn new(lines: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app.log"), LINE.repeat(lines)).unwrap();
        fs::create_dir(folder.path().join("out")).unwrap();
        Self { folder, checkpoints: Checkpoints::default() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(keep: Keep) -> FileOptions {
        let rotation = Rotation::new(NonZeroU64::new(10 * LINE.len() as u64), None);
        FileOptions::new().rotate(rotation.map(|rotation| rotation.keep(keep)))
    }

    /// How many files there are in the folder of the output.
    fn files(&self) -> usize {
        fs::read_dir(self.at("out")).unwrap().count()
    }

    fn checkpoints(&self) -> usize {
        self.checkpoints.0[0].load(Ordering::SeqCst)
    }

    fn failures(&self) -> usize {
        self.checkpoints.0[1].load(Ordering::SeqCst)
    }

    /// Follows the log and keeps checkpoints so often, until `work` has worked.
    fn follow(&self, keep: Keep, every: Duration, work: impl FnOnce()) {
        let (store, found) = Store::open(self.at("checkpoint")).unwrap();
        let patterns = vec![Pattern::Path(self.at("app.log"))];
        let source = FollowedSource::new(Group { patterns, start: Start::Beginning }).format(Arc::new(App::new()));
        let follow = Follow::new(vec![source]).resume(found.checkpoint.unwrap_or_default()).store(store, every);
        let stop = follow.stop_handle();
        let sink = Self::options(keep).open(self.at("out/out.log")).unwrap();
        let outlet = Outlet::new("out", sink).encoding(Encoding::Raw);
        let (pipeline, mut observer) =
            (Pipeline::new(App::new()).chunk_size(LINE.len() * 25), self.checkpoints.clone());
        thread::scope(|scope| {
            let run = scope.spawn(|| pipeline.follow(follow, vec![outlet], &mut observer));
            let stop = StopOnDrop(stop);
            work();
            drop(stop);
            run.join().unwrap().unwrap();
        });
    }
}

/// A test that fails does not wait for its run for ever.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Waits for this, but not for ever; whether it came.
fn comes(is_so: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        if is_so() {
            return true;
        }
        thread::sleep(Duration::from_millis(5));
    }
    false
}

/// The bytes of all files in a folder.
fn size(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().filter_map(|entry| fs::read(entry.unwrap().path()).ok()).map(|text| text.len()).sum()
}

#[test]
fn what_is_not_kept_is_deleted_though_nothing_more_comes() {
    let two = Keep::Files(NonZeroUsize::new(2).unwrap());
    for (keep, files) in [(two, 3), (Keep::For(Duration::from_millis(500)), 1)] {
        let world = World::new(205);
        world.follow(keep, Duration::from_millis(100), || {
            assert!(comes(
                || fs::read_to_string(world.at("out/out.log")).is_ok_and(|text| text.len() == 5 * LINE.len())
            ));
            assert!(comes(|| world.files() == files), "{keep:?}: {}", world.files());
            // Then nothing is kept again and again of which nothing has changed.
            thread::sleep(Duration::from_millis(600));
            let checkpoints = world.checkpoints();
            thread::sleep(Duration::from_secs(1));
            assert_eq!(world.checkpoints(), checkpoints, "{keep:?}");
        });
    }
}

/// However rarely checkpoints are kept, not all of a backlog waits for that.
#[test]
fn a_backlog_does_not_wait_for_the_next_checkpoint() {
    let world = World::new(1005);
    world.follow(Keep::Files(NonZeroUsize::MIN), Duration::from_secs(3600), || {
        assert!(comes(|| fs::read_to_string(world.at("out/out.log")).is_ok_and(|text| text.len() == 5 * LINE.len())));
        // One that is kept, the one that is written, and those of which there are too few to hurry.
        assert!(comes(|| world.files() < 2 + 8), "{}", world.files());
    });
}

/// A checkpoint that cannot be kept vouches for nothing: a next run may have to go back to the last one that was.
#[test]
fn what_the_checkpoint_on_the_disk_needs_is_not_deleted() {
    let world = World::new(10);
    world.follow(Keep::Files(NonZeroUsize::MIN), Duration::from_millis(50), || {
        assert!(comes(|| world.checkpoints() > 1 && size(&world.at("out")) == 10 * LINE.len()));
        // Where the next one would be written, once none is.
        assert!(comes(|| fs::create_dir(world.at("checkpoint.new")).is_ok()));
        let mut log = OpenOptions::new().append(true).open(world.at("app.log")).unwrap();
        log.write_all(LINE.repeat(205).as_bytes()).unwrap();
        assert!(comes(|| size(&world.at("out")) == 215 * LINE.len()));
        let failures = world.failures();
        assert!(comes(|| world.failures() > failures + 3));
        assert_eq!(size(&world.at("out")), 215 * LINE.len());
        fs::remove_dir(world.at("checkpoint.new")).unwrap();
        assert!(comes(|| world.files() == 2), "{}", world.files());
    });
}
