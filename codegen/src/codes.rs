//! The codes of errors that are found while a crate is compiled: `RK0001` to `RK0099`.
//!
//! One table. `docs/errors.md` has a paragraph for each code, and a test compares the two. What the macros say is put
//! together from a sentence about the case at hand, and the help of its code.

/// A code, what it is about, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `RK0001`
    pub code: &'static str,
    /// What went wrong, in general.
    pub title: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $title:literal $help:literal;)*) => {
        $(
            #[doc = $title]
            pub const $name: Code = Code { code: $code, title: $title, help: $help };
        )*
        /// All of them, in order.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    WRONG_ITEM "RK0001" "an attribute stands on an item that it does not apply to"
        "`#[ring_actor]` goes on a struct and on its impl block, `#[ring_message]` on a struct or enum, `#[ring_fn]` on a \
         function or an impl block";
    HANDLER_PARAMS "RK0002" "the parameters of a handler are not `&mut self`, a message, and optionally the context and a reply"
        "write `#[handler] fn name(&mut self, message: Message, ctx: &mut Context<Self>)`; `ctx` may be left out, and \
         `reply: Reply<T>` added";
    RECEIVER "RK0003" "`self` is taken in a way that device code has not"
        "write `&self`, `&mut self` or `self`";
    FN_KIND "RK0004" "a function of device code is `async`, `unsafe`, `extern` or variadic"
        "write a plain `fn`";
    METHOD_GENERICS "RK0005" "a method is generic in a way that a call does not tell"
        "use each parameter in the type of an argument or of the result, under a name that no method of the library has, or make it \
         a free `#[ring_fn]` function; the parameters of a handler go on the impl block";
    SIGNATURE_TYPE "RK0006" "a type in a signature that device code has not"
        "name a concrete type or a type parameter";
    STRAY_ATTRIBUTE "RK0007" "an attribute has no meaning where it stands, or an option that does not exist"
        "`#[handler]` and `#[step]` go on methods of a `#[ring_actor] impl`, `#[checkpoint]` and `#[debuggable]` on fields of a \
         `#[ring_actor] struct`; the only options are `fma`, in `#[handler(fma)]`, `#[step(fma)]` and `#[ring_fn(fma)]`, and \
         `grid`, in `#[ring_actor(grid = 3)]`";
    RESERVED_NAME "RK0008" "a `#[ring_fn]` has a name that the library uses"
        "choose another name";
    TWO_REPLIES "RK0009" "a handler both returns a value and takes a `Reply`"
        "return the answer, or take `reply: Reply<T>` and call `reply.send(..)`, not both";
    CLOSURE "RK0010" "a closure in device code"
        "write a loop, an `if let` or a `match`, or call a `#[ring_fn]` function; closures over cells belong to `update`, `sum`, \
         `min`, `max` and `reduce`";
    ASYNC "RK0011" "`async` or `.await` in device code"
        "a handler never waits: send a message and handle its answer in another handler";
    UNSAFE "RK0012" "`unsafe` code or a raw address in device code"
        "use indexing, references and atomics, which are checked";
    TEXT "RK0013" "text in device code"
        "use numbers; text may only stand in `trace!`, `assert!` and `panic!`";
    MACRO "RK0014" "a macro that device code has not"
        "of macros, `trace!`, `assert!`, `assert_eq!`, `assert_ne!`, their `debug_` forms, `panic!`, `unreachable!` and \
         `matches!` can be used";
    INNER_ITEM "RK0015" "an item inside a body of device code"
        "only `const` and `use` can stand inside a body: move it out, with `#[ring_fn]` or `#[derive(DeviceType)]`";
    DESTRUCTURING_ASSIGNMENT "RK0016" "an assignment that takes a value apart"
        "bind the parts with `let`, then assign each";
    CALLEE "RK0017" "a call of something that is not named by a path"
        "call a `#[ring_fn]` function or a method by its name";
    PATTERN "RK0018" "a pattern that device code has not"
        "match on literals, constants, variants, structs, tuples, arrays and ranges";
    EXPRESSION "RK0019" "an expression that device code has not"
        "`docs/language.md` lists what there is";
    FORMAT "RK0020" "a text of `trace!`, `assert!` or `panic!` that the device cannot carry"
        "use a literal with plain `{}`, `{0}` or `{name}`, and pass numbers";
    INNER_ATTRIBUTE "RK0021" "an attribute inside a body of device code"
        "only lint attributes can stand inside a body: put `#[cfg]` on the whole function";
    TRAIT_CALL "RK0022" "a call through a trait"
        "name the type: `u32::default()` instead of `Default::default()`";
    TRAIT_IMPL "RK0023" "a `#[ring_fn]` on the impl of a trait that is no operator"
        "put `#[ring_fn]` on an impl block of the type itself, or on the impl of an operator (`Add`, `AddAssign`, `Neg`, \
         `PartialEq::eq`, `PartialOrd::partial_cmp`, `Ord::cmp` and their like) or of `Default`";
    DATA_SHAPE "RK0024" "a type definition that device code has not"
        "write a struct, or an enum with at least one variant, without lifetimes";
    STEP "RK0025" "a `#[step]` that is not `&mut self` and optionally the context, or a second one"
        "write one `#[step] fn name(&mut self, ctx: &mut Context<Self>)`; `ctx` may be left out";
    GRID "RK0026" "a grid of a number of dimensions that there is not"
        "write `#[ring_actor(grid = 1)]`, `2` or `3`";
    OFFSET "RK0027" "an offset that reaches further than neighbours are read"
        "a cell reads at most 4 cells away along each axis: take two steps, or make the cells larger";
    GRID_SENDS "RK0028" "a message of a grid to an actor"
        "tell the host, `ctx.host().tell(m)`, or let a handler return what it is asked for; a grid is alone in its system so far";
    HOLD_IN_HANDLER "RK0029" "a handler that holds the grid"
        "let the handler set a member, and hold in the step where it is set";
    NEIGHBOUR_SENDS "RK0030" "a message to a neighbour in an actor that has none"
        "send to an address, `ctx.tell(to, m)`; neighbours have the tiles of a grid: `#[ring_actor(grid = 2)]`, with a `#[step]`";
    CELL_SENDS "RK0031" "a message to a neighbour in a closure over cells"
        "send it before or after the operation, once for the tile; what cells say to cells, they read with `at`";
    ACTOR_BARRIER "RK0032" "a barrier in an actor that has no tiles"
        "an actor never waits: send a message, and go on in its handler; tiles have a grid's actors: `#[ring_actor(grid = 2)]`, with a `#[step]`";
    CELL_BARRIER "RK0033" "a barrier in a closure over cells"
        "tiles come to it, not cells: put it before the operation, or after it";
    NEAR_EXTENTS "RK0034" "a neighbourhood without a tile in its middle"
        "its extents are odd: `Group::Near([3, 3])` are a tile and the eight around it";
}
