//! All actors of one type, before they are made.

use std::any::TypeId;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ringkernel_codegen::desc::ActorDesc;

use crate::backend::Group;
use crate::cpu::{Arena, Cells, panic_text};
use crate::error::StartError;
use crate::lang::{Actor, DeviceValue};

/// Makes the actor with a given index.
type Init<A> = Box<dyn FnMut(u32) -> A + Send>;

/// Actors of type `A`, from one or several calls of `Builder::actors`.
pub(super) struct TypedGroup<A> {
    /// How many, and what makes them; a part's closure gets indices that go on from the part before.
    parts: Vec<(u32, Init<A>)>,
    first_slot: u32,
    /// The part that makes the next actor, and how many it has made.
    at: (usize, u32),
}

impl<A: Actor + DeviceValue> TypedGroup<A> {
    pub(super) const fn new() -> Self {
        Self { parts: Vec::new(), first_slot: 0, at: (0, 0) }
    }

    pub(super) fn add(&mut self, count: u32, init: Init<A>) {
        self.parts.push((count, init));
    }

    /// Makes the next actor, whose index is `index`.
    fn make(&mut self, index: u32) -> Result<A, StartError> {
        while self.parts.get(self.at.0).is_some_and(|(count, _)| self.at.1 >= *count) {
            self.at = (self.at.0 + 1, 0);
        }
        let Some((_, init)) = self.parts.get_mut(self.at.0) else {
            return Err(StartError::BadOption {
                option: "actors",
                value: u64::from(index),
                allowed: "a backend asked for more actors than there are, which is a bug of ringkernel",
            });
        };
        self.at.1 += 1;
        catch_unwind(AssertUnwindSafe(|| init(index))).map_err(|panic| StartError::InitPanicked {
            actor: A::NAME,
            index,
            message: panic_text(&*panic),
        })
    }
}

/// What the builder itself needs of a group besides what a backend does.
pub(super) trait Placed: Group {
    fn place(&mut self, first_slot: u32);
    fn as_any(&mut self) -> &mut dyn std::any::Any;
    fn into_group(self: Box<Self>) -> Box<dyn Group>;
}

impl<A: Actor + DeviceValue> Placed for TypedGroup<A> {
    fn place(&mut self, first_slot: u32) {
        self.first_slot = first_slot;
    }
    fn as_any(&mut self) -> &mut dyn std::any::Any {
        self
    }
    fn into_group(self: Box<Self>) -> Box<dyn Group> {
        self
    }
}

impl<A: Actor + DeviceValue> Group for TypedGroup<A> {
    fn desc(&self) -> ActorDesc {
        A::desc()
    }
    fn name(&self) -> &'static str {
        A::NAME
    }
    fn type_id(&self) -> TypeId {
        TypeId::of::<A>()
    }
    fn count(&self) -> u32 {
        self.parts.iter().map(|(count, _)| count).sum()
    }
    fn first_slot(&self) -> u32 {
        self.first_slot
    }
    fn state_layout(&self) -> (usize, usize) {
        (A::SIZE, A::ALIGN)
    }
    fn encode_next(&mut self, index: u32, out: &mut [u8]) -> Result<(), StartError> {
        self.make(index)?.encode(out);
        Ok(())
    }
    fn build(mut self: Box<Self>) -> Result<Box<dyn Arena>, StartError> {
        let count = self.count();
        let mut cells = Cells::<A>::with_capacity(count, self.first_slot)?;
        for index in 0..count {
            cells.push(self.make(index)?);
        }
        Ok(Box::new(cells))
    }
}
