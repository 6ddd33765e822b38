//! What follows from a whole body: whether it can fail, what it sends at most, which loops need safe points.
//!
//! Comes after the lowering of each function, callees first, because callers are lowered and printed by it.

use crate::desc::TypeDesc;
use crate::ir::{Cells, Do, Expr, Facts, Function, Kind, Loop, Stmt};
use crate::ty;

/// Loop trips that may pass without a safe point: some microseconds on a GPU.
const TRIPS_WITHOUT_SAFE_POINT: u64 = 4096;

/// Functions of `context.cuh` that send to the host.
const TELLS_HOST: [&str; 2] = ["rk::host_tell", "rk::trace"];
/// The function of `tile.cuh` that holds the grid.
const HOLDS: &str = "rk::hold";
/// Functions of `operations.cuh` for single cells.
const SINGLE_CELLS: [&str; 4] = ["rk::get_cell", "rk::set_cell", "rk::add_to_cell", "rk::add_to_cell_checked"];

/// Finds the facts of a function and marks its loops.
pub(crate) fn analyse(function: &mut Function, earlier: &[Function]) {
    let mut seen = Seen { earlier, facts: Facts { sends: Some(0), ..Facts::default() } };
    let total = seen.block(&mut function.body);
    let mut facts = seen.facts;
    facts.sends = total.sends;
    facts.trips = total.trips;
    facts.has_effects |= facts.needs_context
        || function
            .params
            .iter()
            .any(|param| matches!(param.ty, TypeDesc::Ref { mutable: true, .. }) || ty::needs_drop(param.ty));
    facts.needs_context |= facts.can_fail || function.params.iter().any(|param| ty::needs_drop(param.ty));
    function.facts = facts;
}

/// What one run of some statements costs at most.
#[derive(Clone, Copy)]
struct Cost {
    sends: Option<u32>,
    trips: u64,
}

impl Cost {
    const NONE: Self = Self { sends: Some(0), trips: 0 };

    fn then(self, other: Self) -> Self {
        Self { sends: add(self.sends, other.sends), trips: self.trips.saturating_add(other.trips) }
    }

    fn or(self, other: Self) -> Self {
        let sends = match (self.sends, other.sends) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        };
        Self { sends, trips: self.trips.max(other.trips) }
    }
}

fn add(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    a?.checked_add(b?)
}

struct Seen<'a> {
    earlier: &'a [Function],
    facts: Facts,
}

impl Seen<'_> {
    fn block(&mut self, stmts: &mut [Stmt]) -> Cost {
        stmts.iter_mut().fold(Cost::NONE, |cost, stmt| cost.then(self.stmt(&mut stmt.kind)))
    }

    fn stmt(&mut self, kind: &mut Do) -> Cost {
        match kind {
            Do::Declare { init: Some(expr), .. } | Do::Eval(expr) | Do::Return(Some(expr)) => self.expr(expr),
            Do::Assign(place, value) | Do::Compound(_, place, value) => self.expr(place).then(self.expr(value)),
            Do::Guard { .. } => {
                self.facts.needs_context = true;
                Cost::NONE
            }
            Do::Send(expr) => {
                self.facts.can_fail = true;
                self.expr(expr).then(Cost { sends: Some(1), trips: 0 })
            }
            Do::TryFn { function, args, .. } => {
                self.facts.can_fail = true;
                let callee = self.earlier[function.0].facts;
                self.facts.has_effects |= callee.has_effects;
                self.facts.tells_host |= callee.tells_host;
                self.facts.holds |= callee.holds;
                self.facts.over_cells |= callee.over_cells;
                self.facts.single_cells |= callee.single_cells;
                let cost = Cost { sends: callee.sends, trips: callee.trips };
                args.iter().fold(cost, |cost, arg| cost.then(self.expr(arg)))
            }
            Do::Check { cond, value, .. } => {
                self.facts.can_fail = true;
                self.expr(cond).then(self.expr(value))
            }
            Do::Fail { .. } => {
                self.facts.can_fail = true;
                Cost::NONE
            }
            Do::If { cond, then, or_else } => {
                let cond = self.expr(cond);
                let then = self.block(then);
                cond.then(then.or(self.block(or_else)))
            }
            Do::Block(body) => self.block(body),
            Do::Cells(cells) => self.cells(cells),
            Do::Loop(inner) => self.loop_cost(inner),
            Do::Declare { init: None, .. }
            | Do::Return(None)
            | Do::Break
            | Do::Continue
            | Do::Goto(_)
            | Do::Label(_) => Cost::NONE,
        }
    }

    /// All tiles meet at it, which can fail, and is a safe point.
    fn cells(&mut self, cells: &mut Cells) -> Cost {
        self.facts.can_fail = true;
        self.facts.needs_context = true;
        self.facts.has_effects = true;
        self.facts.over_cells = true;
        for closure in std::iter::once(&mut cells.each).chain(&mut cells.join) {
            analyse(&mut closure.function, self.earlier);
            self.facts.tells_host |= closure.function.facts.tells_host;
        }
        cells.writes.iter().chain(&cells.reads).fold(Cost::NONE, |cost, field| cost.then(self.expr(field)))
    }

    fn loop_cost(&mut self, inner: &mut Loop) -> Cost {
        use crate::ir::Head;
        let head = match &inner.head {
            Head::Forever => Cost::NONE,
            Head::While(cond) => self.expr(cond),
            Head::Count { from, to, .. } | Head::Inclusive { from, to, .. } => self.expr(from).then(self.expr(to)),
        };
        let body = self.block(&mut inner.body);
        let sends = match (inner.trips, body.sends) {
            (_, Some(0)) => Some(0),
            (Some(trips), Some(sends)) => u32::try_from(trips).ok().and_then(|trips| trips.checked_mul(sends)),
            _ => None,
        };
        let trips = inner.trips.map_or(u64::MAX, |trips| trips.saturating_mul(body.trips.saturating_add(1)));
        let trips = if trips > TRIPS_WITHOUT_SAFE_POINT {
            inner.safe_point = Some(inner.counter.clone());
            self.facts.can_fail = true;
            1
        } else {
            trips
        };
        head.then(Cost { sends, trips })
    }

    fn expr(&mut self, expr: &Expr) -> Cost {
        let mut cost = Cost::NONE;
        expr.walk(&mut |part| match &part.kind {
            Kind::Var(name) if name == "ctx" => self.facts.needs_context = true,
            Kind::Call { name, .. } if TELLS_HOST.contains(&&**name) => self.facts.tells_host = true,
            Kind::Call { name, .. } if *name == HOLDS => self.facts.holds = true,
            Kind::Call { name, .. } if SINGLE_CELLS.contains(&&**name) => self.facts.single_cells = true,
            Kind::CallFn(function, _) => {
                let callee = self.earlier[function.0].facts;
                self.facts.needs_context |= callee.needs_context;
                self.facts.has_effects |= callee.has_effects;
                self.facts.tells_host |= callee.tells_host;
                self.facts.holds |= callee.holds;
                self.facts.over_cells |= callee.over_cells;
                self.facts.single_cells |= callee.single_cells;
                cost = cost.then(Cost { sends: callee.sends, trips: callee.trips });
            }
            _ => {}
        });
        cost
    }
}
