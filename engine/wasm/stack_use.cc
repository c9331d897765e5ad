#include "engine/wasm/stack_use.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/base/check.h"
#include "engine/wasm/body.h"
#include "engine/wasm/const_expr.h"
#include "engine/wasm/instruction.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/reader.h"

namespace ashlar::wasm {
namespace {

constexpr uint64_t kLinks = 2;

// A call: the callee's base lies `rise` slots above the caller's. 0 is a tail
// call, or the step from a type to a function of it.
struct Edge {
  uint32_t to = 0;
  uint64_t rise = 0;
};

// Nodes are the defined functions, then the types, for calls by a table.
struct Node {
  uint64_t frame = 0;  // a type has none
  std::vector<Edge> edges;
};

struct Effect {
  uint32_t pops = 0;
  uint32_t pushes = 0;
};

// Operands of an instruction that is not typed by its row and opens, closes or
// leaves no block.
Effect EffectOf(const Module& module, const Instruction& i) {
  const OpcodeInfo& info = InfoOf(i.opcode);
  if (info.is_typed) return {info.param_count, info.result_count};
  switch (i.opcode) {
    case Opcode::kDrop:
    case Opcode::kLocalSet:
    case Opcode::kGlobalSet:
    case Opcode::kBrIf:
      return {1, 0};
    case Opcode::kSelect:
    case Opcode::kSelectT:
      return {3, 1};
    case Opcode::kLocalGet:
    case Opcode::kGlobalGet:
    case Opcode::kRefNull:
    case Opcode::kRefFunc:
      return {0, 1};
    case Opcode::kLocalTee:
    case Opcode::kTableGet:
    case Opcode::kRefIsNull:
      return {1, 1};
    case Opcode::kTableSet:
      return {2, 0};
    case Opcode::kTableGrow:
      return {2, 1};
    case Opcode::kTableFill:
      return {3, 0};
    case Opcode::kCall: {
      const FuncType& type = module.func_type(i.index);
      return {type.param_count, type.result_count};
    }
    case Opcode::kCallIndirect: {
      const FuncType& type = module.types[i.index];
      return {type.param_count + 1u, type.result_count};
    }
    default:
      return {};
  }
}

bool EndsControl(Opcode opcode) {
  switch (opcode) {
    case Opcode::kUnreachable:
    case Opcode::kBr:
    case Opcode::kBrTable:
    case Opcode::kReturn:
    case Opcode::kReturnCall:
    case Opcode::kReturnCallIndirect:
      return true;
    default:
      return false;
  }
}

// Walks a body: its highest operand stack, and its calls.
class HeightWalker {
 public:
  // Edges go to `types_begin` + the type for calls by a table. Functions that
  // ref.func names are marked in `referred`.
  HeightWalker(const Module& module, uint32_t types_begin,
               std::vector<uint8_t>* referred)
      : module_(module), types_begin_(types_begin), referred_(*referred) {}

  Node Walk(uint32_t defined_index) {
    const Body& body = module_.bodies[defined_index];
    const FuncType& type =
        module_.func_type(module_.imported_functions + defined_index);
    Reader reader(body.begin, body.end);
    std::vector<LocalGroup> groups;
    CHECK(ReadLocals(&reader, &groups), "the body is valid");
    below_operands_ = type.param_count + kLinks;
    for (const LocalGroup& group : groups) below_operands_ += group.count;
    frames_.push_back({.height = 0, .results = type.result_count});
    while (!frames_.empty()) {
      Instruction i;
      CHECK(ReadInstruction(&reader, &i), "the body is valid");
      Step(i);
      if (is_live_) height_max_ = std::max(height_max_, height_);
    }
    Node node;
    node.frame = below_operands_ + height_max_;
    for (const auto& [to, rise] : rises_) node.edges.push_back({to, rise});
    std::sort(node.edges.begin(), node.edges.end(),
              [](const Edge& a, const Edge& b) { return a.to < b.to; });
    return node;
  }

 private:
  struct Frame {
    uint64_t height = 0;  // below the block and its parameters
    uint32_t params = 0;
    uint32_t results = 0;
    bool is_live = true;  // control reaches the block
  };

  void Open(const Instruction& i) {
    Frame frame;
    frame.is_live = is_live_;
    if (i.value >= 0) {
      const FuncType& type = module_.types[static_cast<size_t>(i.value)];
      frame.params = type.param_count;
      frame.results = type.result_count;
    } else {
      frame.results = i.value != kEmptyBlockType;
    }
    if (is_live_) {
      height_ -= i.opcode == Opcode::kIf;
      frame.height = height_ - frame.params;
    }
    frames_.push_back(frame);
  }

  void Step(const Instruction& i) {
    switch (i.opcode) {
      case Opcode::kBlock:
      case Opcode::kLoop:
      case Opcode::kIf:
        return Open(i);
      case Opcode::kElse: {
        const Frame& frame = frames_.back();
        is_live_ = frame.is_live;
        height_ = frame.height + frame.params;
        return;
      }
      case Opcode::kEnd: {
        const Frame frame = frames_.back();
        frames_.pop_back();
        // Behind the function's own end there is nothing; it counts only where
        // it is reached.
        if (!frames_.empty()) is_live_ = frame.is_live;
        height_ = frame.height + frame.results;
        return;
      }
      default:
        break;
    }
    if (!is_live_) return;
    NoteCall(i);
    if (EndsControl(i.opcode)) {
      is_live_ = false;
      return;
    }
    const Effect effect = EffectOf(module_, i);
    height_ = height_ - effect.pops + effect.pushes;
  }

  void NoteCall(const Instruction& i) {
    switch (i.opcode) {
      case Opcode::kRefFunc:
        referred_[i.index] = 1;
        return;
      case Opcode::kCall:
      case Opcode::kReturnCall:
        if (i.index < module_.imported_functions) return;
        return AddEdge(i.index - module_.imported_functions,
                       module_.func_type(i.index), height_,
                       i.opcode == Opcode::kReturnCall);
      case Opcode::kCallIndirect:
      case Opcode::kReturnCallIndirect: {
        const FuncType& type = module_.types[i.index];
        return AddEdge(types_begin_ + type.canonical_id, type, height_ - 1,
                       i.opcode == Opcode::kReturnCallIndirect);
      }
      default:
        return;
    }
  }

  // `height` has the arguments.
  void AddEdge(uint32_t to, const FuncType& type, uint64_t height,
               bool is_tail_call) {
    const uint64_t rise =
        is_tail_call ? 0 : below_operands_ + height - type.param_count;
    uint64_t& known = rises_[to];
    known = std::max(known, rise);
  }

  const Module& module_;
  const uint32_t types_begin_;
  std::vector<uint8_t>& referred_;
  std::vector<Frame> frames_;
  uint64_t below_operands_ = 0;  // parameters, links, locals
  uint64_t height_ = 0;
  uint64_t height_max_ = 0;
  bool is_live_ = true;
  std::unordered_map<uint32_t, uint64_t> rises_;
};

// Functions that tables can hold, as far as the module says.
void NoteSegments(const Module& module, std::vector<uint8_t>* referred) {
  for (const ElementSegment& segment : module.elements) {
    ConstExpr item;
    for (ElementItems items(segment); items.Next(&item);) {
      if (item.kind == ConstExpr::Kind::kRefFunc) (*referred)[item.index] = 1;
    }
  }
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const ConstExpr& init = module.globals[i].init;
    if (init.kind == ConstExpr::Kind::kRefFunc) (*referred)[init.index] = 1;
  }
}

// Functions that are called from outside, by defined index.
std::vector<uint32_t> Roots(const Module& module,
                            const std::vector<uint8_t>& referred) {
  std::vector<uint32_t> roots;
  const auto add = [&](uint32_t function) {
    if (function >= module.imported_functions) {
      roots.push_back(function - module.imported_functions);
    }
  };
  bool shows_table = false;
  for (const Export& e : module.exports) {
    if (e.kind == ExternKind::kFunc) add(e.index);
    shows_table |= e.kind == ExternKind::kTable;
  }
  if (module.has_start) add(module.start);
  for (uint32_t f = 0; shows_table && f < referred.size(); ++f) {
    if (referred[f] != 0) add(f);
  }
  return roots;
}

// Finds the deepest path by strongly connected components (Tarjan), callees
// before callers, with a stack of its own.
class PathFinder {
 public:
  PathFinder(const std::vector<Node>& nodes, uint32_t function_count)
      : nodes_(nodes), function_count_(function_count), visits_(nodes.size()) {}

  WorstStack Find(const std::vector<uint32_t>& roots) {
    WorstStack worst;
    worst.slots = 0;
    uint32_t deepest_root = kNone;
    for (const uint32_t root : roots) {
      if (visits_[root].order == 0) VisitAll(root);
      if (!circle_.empty()) return Circle();
      if (deepest_root == kNone || visits_[root].depth > *worst.slots) {
        deepest_root = root;
        worst.slots = visits_[root].depth;
      }
    }
    for (uint32_t node = deepest_root; node != kNone;) {
      AddToPath(node, &worst);
      node = visits_[node].next;
    }
    return worst;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Visit {
    uint32_t order = 0;  // 0: not visited yet
    uint32_t low = 0;
    uint32_t component = kNone;
    size_t next_edge = 0;
    uint64_t depth = 0;     // the deepest stack from its base on
    uint32_t next = kNone;  // on the path to it
  };

  void AddToPath(uint32_t node, WorstStack* worst) const {
    if (node >= function_count_) {
      worst->by_table = true;
    } else {
      worst->path.push_back(node);
    }
  }

  void Begin(uint32_t node) {
    visits_[node].order = visits_[node].low = ++order_;
    open_.push_back(node);
    path_.push_back(node);
  }

  void VisitAll(uint32_t root) {
    Begin(root);
    while (!path_.empty() && circle_.empty()) {
      const uint32_t node = path_.back();
      Visit& visit = visits_[node];
      if (visit.next_edge < nodes_[node].edges.size()) {
        const uint32_t to = nodes_[node].edges[visit.next_edge++].to;
        if (visits_[to].order == 0) {
          Begin(to);
        } else if (visits_[to].component == kNone) {
          visit.low = std::min(visit.low, visits_[to].order);
        }
        continue;
      }
      path_.pop_back();
      if (!path_.empty()) {
        Visit& parent = visits_[path_.back()];
        parent.low = std::min(parent.low, visit.low);
      }
      if (visit.low == visit.order) CloseComponent(node);
    }
  }

  // All components that this one calls are closed.
  void CloseComponent(uint32_t root) {
    const auto begin = std::find(open_.rbegin(), open_.rend(), root).base() - 1;
    const std::vector<uint32_t> members(begin, open_.end());
    open_.erase(begin, open_.end());
    for (const uint32_t node : members) visits_[node].component = root;
    uint64_t depth = 0;
    uint32_t deepest = root;
    for (const uint32_t node : members) {
      Measure(node);
      if (!circle_.empty()) return;
      if (visits_[node].depth > depth) {
        depth = visits_[node].depth;
        deepest = node;
      }
    }
    // Within it there are only steps that rise by nothing.
    for (const uint32_t node : members) {
      if (visits_[node].depth == depth) continue;
      visits_[node].depth = depth;
      visits_[node].next = deepest;
    }
  }

  // What the node and the components below it come to.
  void Measure(uint32_t node) {
    Visit& visit = visits_[node];
    visit.depth = nodes_[node].frame;
    for (const Edge& edge : nodes_[node].edges) {
      const Visit& to = visits_[edge.to];
      if (to.component == visit.component) {
        if (edge.rise != 0) return FindCircle(node, edge.to);
        continue;
      }
      if (edge.rise + to.depth <= visit.depth) continue;
      visit.depth = edge.rise + to.depth;
      visit.next = edge.to;
    }
  }

  // The shortest way back from `to` to `from`, all within their component.
  void FindCircle(uint32_t from, uint32_t to) {
    std::unordered_map<uint32_t, uint32_t> came_from = {{to, kNone}};
    std::vector<uint32_t> queue = {to};
    for (size_t i = 0; i < queue.size() && !came_from.contains(from); ++i) {
      for (const Edge& edge : nodes_[queue[i]].edges) {
        if (visits_[edge.to].component != visits_[from].component) continue;
        if (came_from.try_emplace(edge.to, queue[i]).second) {
          queue.push_back(edge.to);
        }
      }
    }
    for (uint32_t node = from; node != kNone; node = came_from.at(node)) {
      circle_.push_back(node);
    }
    std::reverse(circle_.begin(), circle_.end());
    // From its first function on, wherever it was noticed.
    std::rotate(circle_.begin(),
                std::min_element(circle_.begin(), circle_.end()),
                circle_.end());
  }

  WorstStack Circle() const {
    WorstStack worst;
    for (const uint32_t node : circle_) AddToPath(node, &worst);
    return worst;
  }

  const std::vector<Node>& nodes_;
  const uint32_t function_count_;
  std::vector<Visit> visits_;
  uint32_t order_ = 0;
  std::vector<uint32_t> path_;  // from the root to the node being visited
  std::vector<uint32_t> open_;  // visited, in no closed component
  std::vector<uint32_t> circle_;
};

}  // namespace

StackUse MeasureStack(const Module& module) {
  const auto function_count = static_cast<uint32_t>(module.bodies.size());
  std::vector<uint8_t> referred(module.functions.size());
  NoteSegments(module, &referred);
  std::vector<Node> nodes(function_count + module.types.size());
  StackUse use;
  use.frame_slots.reserve(function_count);
  for (uint32_t i = 0; i < function_count; ++i) {
    nodes[i] = HeightWalker(module, function_count, &referred).Walk(i);
    use.frame_slots.push_back(nodes[i].frame);
  }
  for (uint32_t f = module.imported_functions; f < referred.size(); ++f) {
    if (referred[f] == 0) continue;
    nodes[function_count + module.func_type(f).canonical_id].edges.push_back(
        {f - module.imported_functions, 0});
  }
  use.worst = PathFinder(nodes, function_count).Find(Roots(module, referred));
  for (uint32_t& function : use.worst.path) {
    function += module.imported_functions;
  }
  return use;
}

}  // namespace ashlar::wasm
