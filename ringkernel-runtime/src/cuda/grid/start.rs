//! Starting a grid on a GPU, in the order of events.
//!
//! As for actors (`cuda/start.rs`): an error before anything is loaded says that CUDA is not available, and the caller may turn
//! to the CPU; after that it is final.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use ringkernel_codegen::abi::GridControl;
use ringkernel_codegen::desc::ActorDesc;
use ringkernel_codegen::tiling::Faces;
use ringkernel_codegen::{CompiledGrid, Diagnostic, Options as Emit, compile_grid, layout};

use super::super::areas::Cut;
use super::super::driver::{Blocks, Device, Kernel as Loaded, Shape, Stream};
use super::super::emulate;
use super::super::fill;
use super::super::footprint::slot_bytes;
use super::super::host::{Outbox, Replies};
use super::super::pump::Bell;
use super::super::questions::Questions;
use super::super::ready::{self, Phases, no_life};
use super::super::reports::{self, MAX_HOST_TAGS};
use super::super::residence::{Fresh, Inner, Launch};
use super::super::uploaded::Uploaded;
use super::areas::{Areas, OUTBOX_SLOTS, Sizes, place};
use super::autotune::{self, Cutting, Way};
use super::chip::Chip;
use super::describe::describe;
use super::engine::CudaGrid;
use super::keeper;
use super::lines::GridLines;
use super::mail::Mail;
use super::over::Over;
use super::plan::{Domain, Plan, Policy, Room, TooMany, plan};
use super::shared::{Kernel, Shared};
use super::steps::Steps;
use super::text::Text;
use super::told::Told;
use super::upload::{self, Uploader};
use crate::backend::{GridPlan, NamedGroup};
use crate::error::StartError;
use crate::lang::boundary::Sides;
use crate::lang::{Boundary, Grid, Place, PlaceError, Placer};
use crate::system::Options as System;
use crate::tile_groups::places;
use crate::tiling::{along, cut, neighbours, on_each_side};

/// The kernel.
const ENTRY: &str = "ringkernel_grid";
/// The host's unhandled messages, if the builder was not told.
const HOST_WINDOW: u32 = 1 << 14;
/// Bits of a question's number that name its reply cell: 16,384 questions can be open.
const REPLY_CELL_BITS: u32 = 14;
/// Threads of a block, and tiles, on an emulated device, where each costs much time.
pub(super) const EMULATED: (u32, u32) = (64, 4);

/// A grid of whatever type.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) name: &'static str,
    pub(super) desc: ActorDesc,
    pub(super) extents: &'a [u32],
    pub(super) sides: &'a [Sides],
    pub(super) tile: Option<&'a [u32]>,
    pub(super) groups: &'a [NamedGroup],
    pub(super) options: &'a System,
    pub(super) cutting: Cutting,
    /// It is started to be measured: nobody sees what it does.
    pub(super) on_trial: bool,
}

pub(super) fn full(of: &[u32]) -> [u32; 3] {
    std::array::from_fn(|axis| of.get(axis).copied().unwrap_or(1))
}

/// Starts a grid on a GPU. Any error but [`StartError::CudaUnavailable`] is final.
pub(crate) fn start<A: Grid>(from: &GridPlan<A>) -> Result<CudaGrid, StartError> {
    let given = Given {
        name: A::NAME,
        desc: A::desc(),
        extents: &from.extents,
        sides: &from.sides,
        tile: from.tile.as_deref(),
        groups: &from.groups,
        options: &from.options,
        cutting: Cutting::default(),
        on_trial: false,
    };
    begin(&given, &|placer| from.init.place(placer).map(drop))
}

/// Gives the first state to an uploader.
pub(super) type First<'a> = &'a dyn Fn(&mut Placer<'_>) -> Result<(), PlaceError>;

fn begin(given: &Given<'_>, first: First<'_>) -> Result<CudaGrid, StartError> {
    let mut phases = Phases::new("open the device");
    let device = ready::open()?;
    phases.begin("emit the grid's text");
    let compiled = compile(given)?;
    let way = autotune::tune(given, first, &device, &compiled);
    let Way { cutting, chip } = way.unwrap_or_else(|| Way::cheapest(given, &device, &compiled));
    let (given, on_chip) = (&Given { cutting, ..*given }, chip.is_some());
    match place_and_run(given, first, &device, compiled.clone(), chip, phases) {
        // Others came since it was looked for room. With fields in device memory, several tiles share a multiprocessor.
        Err(StartError::DeviceFull { .. }) if on_chip => {
            place_and_run(given, first, &device, compiled, None, Phases::new("emit it once more"))
        }
        done => done,
    }
}

/// Everything after it is known whether fields are on the chip.
pub(super) fn place_and_run(
    given: &Given<'_>,
    first: First<'_>,
    device: &Arc<Device>,
    compiled: CompiledGrid,
    chip: Option<Chip>,
    mut phases: Phases,
) -> Result<CudaGrid, StartError> {
    let text = Text::new(given, device, &compiled, chip.as_ref())?;
    if let Some(emulator) = device.is_emulated().then(emulate::installed).flatten() {
        let defines = [("RK_BLOCK_THREADS".to_owned(), text.threads.to_string())];
        let kernel = emulator.compile(&text.text, compiled.headers, &defines, ENTRY).map_err(StartError::Compile)?;
        return run(given, first, device, (compiled, chip), || Ok(Loaded::emulated(device, kernel)), phases);
    }
    phases.begin("find NVRTC");
    let jit = ready::compiler(device)?;
    phases.begin("compile it, or find it compiled");
    let cubin = text.cubin(device, &compiled, &jit)?;
    run(given, first, device, (compiled, chip), || Ok(Loaded::load(device, &cubin.bytes, ENTRY)?), phases)
}

/// Everything after the text has become a kernel, which `load` loads.
fn run(
    given: &Given<'_>,
    first: First<'_>,
    device: &Arc<Device>,
    (compiled, chip): (CompiledGrid, Option<Chip>),
    load: impl FnOnce() -> Result<Loaded, StartError>,
    mut phases: Phases,
) -> Result<CudaGrid, StartError> {
    phases.begin("wait until other systems have left the device");
    let alone = ready::alone(device)?;
    phases.begin("load the kernel");
    let loaded = load()?;
    phases.begin("allocate");
    let (mut kernel, placed) = settle(given, device, loaded, &compiled, chip)?;
    let copies = Stream::new(device)?;
    phases.begin("rehearse the launch");
    kernel.rehearse(&alone).map_err(|error| no_life(&error, device))?;
    drop(alone);

    phases.begin("make the fields");
    fill(given, first, &compiled, &placed, &kernel)?;
    let uploaded = fill::shared(&mut kernel.inner, || ready::alone(device))?;
    if given.on_trial {
        kernel.inner.written.clear();
    }

    phases.begin("launch, and wait for a sign of life");
    kernel.enter(|| false).map_err(|error| no_life(&error, device))?;
    phases.begin("start the thread beside it");
    let grid = grid(given, compiled, placed, kernel, copies, uploaded)?;
    phases.end();
    Ok(grid)
}

fn compile(given: &Given<'_>) -> Result<CompiledGrid, StartError> {
    let listed = |errors: Vec<Diagnostic>| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let compiled = compile_grid(&given.desc, cfg!(debug_assertions), Emit::default());
    let compiled = compiled.map_err(|errors| StartError::Compile(listed(errors)))?;
    if compiled.host_messages.len() > MAX_HOST_TAGS {
        return Err(StartError::Compile(format!(
            "tiles tell the host {} types of messages; there can be {MAX_HOST_TAGS}: put some of them into an enum",
            compiled.host_messages.len()
        )));
    }
    Ok(compiled)
}

/// Cuts the domain for so many blocks, of which one is control's, and `each` on a multiprocessor.
pub(super) fn cut_for(given: &Given<'_>, device: &Device, blocks: u32, each: u32) -> Result<Plan, StartError> {
    let info = device.info();
    let emulated = device.is_emulated();
    let most = given.options.multiprocessors.unwrap_or(info.multiprocessors).min(info.multiprocessors);
    let wanted = if emulated { EMULATED.1 } else { most.saturating_mul(each.min(given.cutting.blocks)) };
    let tiles = blocks.min(most.saturating_mul(each)).saturating_sub(1);
    if tiles == 0 {
        return Err(StartError::DeviceFull { device: info.name.clone(), taken: device.roster().tenants() });
    }
    let threads = if emulated { Some(EMULATED.0) } else { given.cutting.threads };
    let room = Room { tiles, wanted: wanted.saturating_sub(1).max(1), threads };
    let domain = Domain { extents: full(given.extents), tile: given.tile.map(full) };
    plan(&domain, &room).map_err(|TooMany { tiles: found }| {
        let others = device.roster().tenants();
        let others = if others.is_empty() { others } else { format!(" beside {others}") };
        let what = format!(
            "tiles of {:?} cells cut its domain of {:?} into {found}, and {}, on which all of them run at once, {each} on each of \
             its multiprocessors, has room for {tiles}{others}: use larger tiles, or leave `.tile(..)` out",
            given.tile.unwrap_or_default(),
            given.extents,
            info.name
        );
        StartError::Grid { actor: given.name, what }
    })
}

/// How the domain is cut, and how many blocks a multiprocessor has.
fn planned(
    given: &Given<'_>,
    device: &Device,
    loaded: &Loaded,
    chip: Option<&Chip>,
) -> Result<(Plan, u32), StartError> {
    let Some(chip) = chip else {
        let threads = cut_for(given, device, u32::MAX, u32::MAX)?.threads;
        let each = loaded.blocks_per_multiprocessor(threads, 0)?;
        return Ok((cut_for(given, device, device.roster().room(each), each)?, each));
    };
    loaded.allow_shared(chip.shared_bytes)?;
    let plan = Plan {
        policy: Policy::Chip,
        tile: chip.shape.tile,
        along: chip.along,
        threads: chip.shape.block(),
        shared_bytes: chip.shared_bytes,
    };
    // Others may have come since it was chosen.
    if plan.tiles() >= device.roster().room(1).into() {
        return Err(StartError::DeviceFull { device: device.info().name.clone(), taken: device.roster().tenants() });
    }
    Ok((plan, 1))
}

/// What [`settle`] decided.
struct Placed {
    plan: Plan,
    areas: Areas,
    cell_bytes: Vec<usize>,
    row_bytes: usize,
    /// Where the members are that are no fields and have bytes.
    value_offsets: Vec<usize>,
    mail_window: u32,
}

/// Takes room and memory for the grid, so that only the first values are missing.
fn settle(
    given: &Given<'_>,
    device: &Arc<Device>,
    loaded: Loaded,
    compiled: &CompiledGrid,
    chip: Option<Chip>,
) -> Result<(Kernel, Placed), StartError> {
    let (plan, each) = planned(given, device, &loaded, chip.as_ref())?;
    let faces = chip.map(|chip| chip.faces).unwrap_or_default();
    let corners = cut(given.extents, &plan.tile[..given.extents.len()]);
    let near = neighbours(&corners, given.extents, given.sides);
    let places = places(given.name, &corners, given.extents.len(), given.groups)?;
    let sizes = sizes(given, compiled, &plan, &faces, near.iter().map(|near| near.len() as u64).sum());
    let what = "the cells of its fields on the device";
    let (available, _) = device.memory()?;
    if sizes.bytes_of_cells() > available {
        return Err(StartError::OutOfMemory { what, needed: sizes.bytes_of_cells(), available });
    }
    let (mut on_device, mut beside) = (Cut::from(0), Cut::from(0));
    place(&sizes, &mut on_device, &mut beside);
    let (stream, memory, mapped) = ready::take(device, what, on_device.bytes(), beside.bytes())?;
    let mut areas = place(&sizes, &mut Cut::from(memory.address()), &mut Cut::from(mapped.device_address()));
    for (axis, (low, high)) in given.sides.iter().enumerate() {
        areas.params.sides[2 * axis] = rule(*low);
        areas.params.sides[2 * axis + 1] = rule(*high);
    }
    areas.params.along = along(given.extents, &plan.tile);
    let params = areas.params;
    let on_each_side = on_each_side(given.extents, &plan.tile, given.sides);
    upload::tiles(&memory, &stream, &areas, &corners, &near, &on_each_side, &places)?;
    upload::faces(&memory, &stream, &params, &faces)?;
    let name: Arc<str> = format!("the grid {}", given.name).into();
    tracing::debug!(
        target: "ringkernel",
        tile = ?plan.tile,
        along = ?plan.along,
        threads = plan.threads,
        policy = ?plan.policy,
        shared_bytes = plan.shared_bytes,
        device_bytes = on_device.bytes(),
        mapped_bytes = beside.bytes(),
        "{name} in {} tiles", plan.tiles()
    );
    let lines = Arc::new(GridLines::new(mapped.from(params.host_line), mapped.from(params.device_line)));
    let grid = params.count + 1;
    let shape = Shape { grid, threads: plan.threads, shared_bytes: plan.shared_bytes, blocks: Blocks::AllAtOnce };
    let leave = std::mem::offset_of!(GridControl, leave);
    let fresh = Fresh {
        address: params.control + leave as u64,
        bytes: size_of::<GridControl>() - leave,
        // Control is not there to tell the one tile to leave.
        in_rehearsal: 1,
    };
    let inner = Inner {
        device: Arc::clone(device),
        _claim: device.roster().claim(&name, grid, each),
        name,
        launch: Launch {
            kernel: Arc::new(loaded),
            stream: Arc::new(stream),
            shape,
            params,
            memory: Arc::new(memory),
            fresh,
        },
        mapped,
        shared: None,
        written: Vec::new(),
    };
    let (_, mut value_offsets) = layout::of_tile(given.desc.state.fields.iter().map(|field| field.ty));
    value_offsets.truncate(value_offsets.len() - compiled.field_offsets.len());
    let placed = Placed {
        plan,
        areas,
        cell_bytes: sizes.cell_bytes,
        row_bytes: sizes.row_bytes,
        value_offsets,
        mail_window: given.options.host_window.unwrap_or(HOST_WINDOW),
    };
    Ok((Kernel::new(inner, lines), placed))
}

fn sizes(given: &Given<'_>, compiled: &CompiledGrid, plan: &Plan, faces: &[Faces], neighbours: u64) -> Sizes {
    let handlers = given.desc.handlers;
    let to_host = compiled.host_messages.iter().map(|message| layout::size_of(message.ty));
    let to_host = to_host.chain(compiled.traces.iter().map(reports::trace_bytes));
    let reply = handlers.iter().map(|handler| layout::size_of(handler.reply)).max().unwrap_or(0);
    Sizes {
        tiles: plan.tiles() as u32,
        groups: 1 + given.groups.iter().map(|group| group.number + 1).max().unwrap_or(0),
        neighbours,
        extents: full(given.extents),
        dims: given.extents.len(),
        cell_bytes: compiled.cell_bytes.clone(),
        row_bytes: compiled.tile_bytes,
        reduction_bytes: compiled.reduction_bytes,
        message_bytes: (!handlers.is_empty()).then_some(compiled.message_bytes),
        neighbour_words: compiled.neighbour_words,
        // More than 2^31 are more than there is memory for.
        mail_slots: given.options.host_window.unwrap_or(HOST_WINDOW).checked_next_power_of_two().unwrap_or(1 << 31),
        reply_bytes: slot_bytes(reply.max(8)),
        reply_count: 1 << REPLY_CELL_BITS,
        outbox_bytes: to_host.max().map(slot_bytes),
        faces: faces.iter().map(|faces| (faces.sends.len() as u64, faces.receives.len() as u64)).collect(),
    }
}

/// A boundary, as `field.cuh` numbers them. Nobody reads beyond an open side.
const fn rule(side: Boundary) -> u32 {
    match side {
        Boundary::Fixed | Boundary::Open => 0,
        Boundary::Reflect => 1,
        Boundary::Periodic => 2,
    }
}

/// Writes the cells of all fields and what each tile keeps. Calls a user's closures.
fn fill(
    given: &Given<'_>,
    first: First<'_>,
    compiled: &CompiledGrid,
    placed: &Placed,
    kernel: &Kernel,
) -> Result<(), StartError> {
    let Launch { memory, stream, params, .. } = &kernel.inner.launch;
    let mut uploader = Uploader {
        memory,
        stream,
        extents: given.extents,
        arrays: &placed.areas.arrays,
        cell_bytes: &placed.cell_bytes,
        values: &placed.value_offsets,
        row: vec![0; params.row_bytes as usize],
        fields: 0,
    };
    let taken = catch_unwind(AssertUnwindSafe(|| first(&mut Placer(Place::Upload(&mut uploader)))));
    let taken = taken.map_err(|panic| StartError::InitPanicked {
        actor: given.name,
        index: 0,
        message: crate::cpu::panic_text(&*panic),
    })?;
    taken.map_err(|error| match error {
        PlaceError::Device(what) => StartError::Cuda(what),
        PlaceError::Corrupt(error) => StartError::Compile(error.to_string()),
        PlaceError::Memory { bytes } => {
            StartError::OutOfMemory { what: "the cells of a field", needed: bytes, available: u64::MAX }
        }
    })?;
    let mut row = uploader.row;
    for (number, offset) in compiled.field_offsets.iter().enumerate() {
        row[*offset..*offset + 4].copy_from_slice(&(number as u32).to_le_bytes());
    }
    Ok(memory.write(stream, params.rows, &row.repeat(params.count as usize))?)
}

/// What callers use, and the thread beside the kernel.
fn grid(
    given: &Given<'_>,
    compiled: CompiledGrid,
    placed: Placed,
    kernel: Kernel,
    copies: Stream,
    uploaded: Vec<u32>,
) -> Result<CudaGrid, StartError> {
    let Placed { plan, areas, cell_bytes, row_bytes, value_offsets, mail_window } = placed;
    let Inner { mapped, launch, device, .. } = &*kernel.inner;
    let (params, lines) = (&launch.params, Arc::clone(&kernel.lines));
    if device.info().watchdog {
        tracing::info!(
            target: "ringkernel",
            device = device.info().name,
            "the device drives a display: the kernel leaves it for a moment twice a second"
        );
    }
    let mail = (params.mail_bytes != 0).then(|| {
        Mail::new(mapped.from(params.mail), params.mail_bytes, params.mail_mask, mail_window, Arc::clone(&lines))
    });
    let replies = Replies::new(mapped.from(params.replies), params.reply_bytes as usize / 16, REPLY_CELL_BITS);
    let to_host: Vec<_> =
        compiled.host_messages.iter().map(|message| (message.path, layout::size_of(message.ty))).collect();
    let outbox = (params.outbox != 0)
        .then(|| Outbox::new(mapped.from(params.outbox), params.outbox_bytes as usize / 16, OUTBOX_SLOTS));
    let messages = vec![given.desc.handlers.iter().map(|handler| handler.message).collect()];
    let description = describe(&device.info().name, &plan, &launch.kernel)?;
    let shared = Arc::new(Shared {
        name: given.name,
        handlers: given.desc.handlers,
        extents: given.extents.to_vec(),
        plan,
        sites: compiled.sites,
        steps: Steps::new(Arc::clone(&lines), compiled.holds),
        lines,
        mail,
        questions: Questions::new(replies),
        told: Told::new(&to_host, compiled.traces, given.options.inbox_depth as usize, given.on_trial),
        uploaded: Uploaded::new(uploaded, messages),
        bell: Bell::default(),
        over: Over::default(),
        failures: Mutex::default(),
        dead_letters: Mutex::default(),
        dead: 0.into(),
    });
    let kernel = Arc::new(kernel);
    let (for_keeper, its_kernel) = (Arc::clone(&shared), Arc::clone(&kernel));
    let keeper = thread::Builder::new()
        .name("ringkernel-keeper".to_owned())
        .spawn(move || keeper::keep(&for_keeper, &its_kernel, outbox))
        .map_err(|error| StartError::Threads(error.to_string()))?;
    Ok(CudaGrid {
        shared,
        kernel,
        description,
        copies: Mutex::new(copies),
        arrays: areas.arrays,
        cell_bytes,
        row_bytes,
        value_offsets,
        field_offsets: compiled.field_offsets,
        first: Box::new(()),
        keeper: Some(keeper),
    })
}
