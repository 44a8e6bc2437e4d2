//! What a test told the points to do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Injected, Point, Points};

/// Names a file that says where the program is to die: the name of a [`Point`] as it stands in the code, a space, and at
/// which passing from then on. The program takes the file away when it has read it.
pub const FILE: &str = "COMMONWEAL_TEST_FAIL_POINT";

/// What happens at a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The process ends there, as if it was killed.
    Die,
    /// The step fails, this time only.
    FailOnce,
    /// The step fails, and so does every later one.
    Fail,
}

#[derive(Debug, Clone, Copy)]
struct Set {
    point: Point,
    /// Passings that are still to come, the one with the effect included.
    passings: u64,
    effect: Effect,
}

#[derive(Debug, Default)]
struct State {
    set: Option<Set>,
    struck: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Armed {
    state: Arc<Mutex<State>>,
    file: Option<PathBuf>,
}

impl Default for Armed {
    #[expect(
        clippy::disallowed_methods,
        reason = "no setting of the service: only programs for tests read it"
    )]
    fn default() -> Self {
        Self {
            state: Arc::default(),
            file: std::env::var(FILE).ok().map(PathBuf::from),
        }
    }
}

impl Points {
    /// From now on the `passings`-th passing of a point has an effect; what was set before is forgotten.
    pub fn set(&self, point: Point, passings: u64, effect: Effect) {
        let set = Set {
            point,
            passings,
            effect,
        };
        *self.armed.state() = State {
            set: Some(set),
            struck: 0,
        };
    }

    /// Makes all points harmless, and answers how often the last one had its effect.
    pub fn clear(&self) -> u64 {
        std::mem::take(&mut *self.armed.state()).struck
    }
}

impl Armed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pass(&self, point: Point) -> Result<(), Injected> {
        let mut state = self.state();
        if state.set.is_none() {
            state.set = self.file.as_deref().and_then(read);
        }
        let Some(set) = state.set.as_mut().filter(|set| set.point == point) else {
            return Ok(());
        };
        set.passings = set.passings.saturating_sub(1);
        if set.passings > 0 {
            return Ok(());
        }
        match set.effect {
            Effect::Die => {
                tracing::error!(?point, "dies, as it was told");
                std::process::abort();
            }
            Effect::FailOnce => state.set = None,
            Effect::Fail => {}
        }
        state.struck += 1;
        Err(Injected(point))
    }
}

/// What the file says, once.
fn read(file: &Path) -> Option<Set> {
    let text = std::fs::read_to_string(file).ok()?;
    let (name, passings) = text.trim().split_once(' ')?;
    let point = Point::ALL
        .into_iter()
        .find(|point| format!("{point:?}") == name)?;
    let passings = passings.parse().ok()?;
    std::fs::remove_file(file).ok()?;
    Some(Set {
        point,
        passings,
        effect: Effect::Die,
    })
}
