//! The CUDA text of an actor, for looking at it and for snapshot tests.

use ringkernel_codegen::{Options, Program, compile, compile_grid, reach};

use crate::error::StartError;
use crate::lang::Actor;

/// The oldest architecture that kernels are made for.
const OLDEST: u32 = 75;

/// The CUDA text that the actors `A`, and all that they talk to, or the grid `A`, become on a device of compute capability `arch`: 90 for
/// 9.0. The same bytes every time, so that a test can keep a snapshot of it; no GPU is needed.
///
/// ```
/// # use ringkernel_runtime as ringkernel;
/// # fn show<Account: ringkernel::lang::Actor>() -> Result<(), ringkernel::error::StartError> {
/// let text = ringkernel::cuda_source::<Account>(90)?;
/// assert!(text.contains("ringkernel_main"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`StartError::Compile`] with all that the compiler has to say, and if no kernel is made for so old an architecture.
pub fn cuda_source<A: Actor>(arch: u32) -> Result<String, StartError> {
    if arch < OLDEST {
        return Err(StartError::Compile(format!(
            "compute capability {arch}: there are kernels for {OLDEST} (7.5) and later"
        )));
    }
    let listed = |errors: Vec<ringkernel_codegen::Diagnostic>| {
        StartError::Compile(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    if A::GRID.is_some() {
        let compiled = compile_grid(&A::desc(), cfg!(debug_assertions), Options::default());
        return compiled.map(|compiled| compiled.text).map_err(listed);
    }
    let actors = reach(vec![A::desc()]).map_err(listed)?;
    let program = Program { actors, overflow_checks: cfg!(debug_assertions), ..Program::default() };
    compile(&program).map(|compiled| compiled.text).map_err(listed)
}
