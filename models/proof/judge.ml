(* Reads traces, an empty line after each, and prints one line of verdicts for each. The verdicts
   are those of the auditor that Coq extracted; what stands here only reads. A trace that it does
   not know everything of is an error: better no verdict than a wrong one.

   judge TRACES *)

open Auditor

exception Unknown of string

let unknown what = raise (Unknown what)

(* ---- JSON: one value a line *)

type json =
  | Null
  | Bool of bool
  | Int of int
  | Text of string
  | List of json list
  | Object of (string * json) list

let parse line =
  let at = ref 0 in
  let peek () = if !at < String.length line then line.[!at] else '\000' in
  let next () = let c = peek () in incr at; c in
  let rec space () = if peek () = ' ' || peek () = '\t' || peek () = '\r' then (incr at; space ()) in
  let expect c = space (); if next () <> c then unknown (Printf.sprintf "no %c at %d" c !at) in
  let word w v = String.iter expect w; v in
  let text () =
    expect '"';
    let from = !at in
    while peek () <> '"' && peek () <> '\000' do if next () = '\\' then incr at done;
    let s = String.sub line from (!at - from) in
    expect '"'; s in
  let rec items stop item =
    space ();
    if peek () = stop then (incr at; [])
    else begin
      let one = item () in
      space ();
      match next () with
      | ',' -> one :: items stop item
      | c when c = stop -> [one]
      | _ -> unknown "a list that does not end"
    end in
  let rec value () =
    space ();
    match peek () with
    | '{' -> incr at; Object (items '}' (fun () -> let k = text () in expect ':'; let v = value () in (k, v)))
    | '[' -> incr at; List (items ']' value)
    | '"' -> Text (text ())
    | 'n' -> word "null" Null
    | 't' -> word "true" (Bool true)
    | 'f' -> word "false" (Bool false)
    | _ ->
      let from = !at in
      while peek () >= '0' && peek () <= '9' do incr at done;
      (match int_of_string_opt (String.sub line from (!at - from)) with
       | Some n -> Int n
       | None -> unknown "a number that is none, or too large") in
  let v = value () in
  space ();
  if !at <> String.length line then unknown "something after the value";
  v

let field name = function
  | Object fields -> (try List.assoc name fields with Not_found -> Null)
  | _ -> unknown ("no object with " ^ name)

let int name v = match field name v with Int n -> n | _ -> unknown ("no number " ^ name)

let only known = function
  | Object fields ->
    List.iter (fun (k, _) -> if not (List.mem k known) then unknown ("field " ^ k)) fields
  | _ -> unknown "no object"

(* ---- Coq's numbers *)

let rec pos n = if n = 1 then XH else if n land 1 = 0 then XO (pos (n / 2)) else XI (pos (n / 2))
let z n = if n = 0 then Z0 else Zpos (pos n)
let number n = if n = 0 then N0 else Npos (pos n)
let rec int_of_pos = function XH -> 1 | XO p -> 2 * int_of_pos p | XI p -> 2 * int_of_pos p + 1
let index = function N0 -> 0 | Npos p -> int_of_pos p

(* ---- A trace *)

let leaves v = match field "leaves" v with
  | Object ["at_ns", Int t] -> Some (z t)
  | Object ["never", Bool true] | Object ["after_completion_ns", Int _]
  | Object ["after_copies", Int _] -> None
  | _ -> unknown "leaves"

let read_plan v =
  only ["swarmbound"; "name"; "file"; "source"; "peers"; "protocol"; "network"; "discipline"; "seed";
        "until_ns"; "evidence"] v;
  (match field "evidence" v with
   | Null -> ()
   | e -> if field "stamps" e <> Text "exact" || field "complete" e <> Bool true then
       unknown "evidence");
  (match field "discipline" v with
   | Null -> ()
   | Object flags -> if List.exists (fun (_, on) -> on <> Bool false) flags then unknown "discipline"
   | _ -> unknown "discipline");
  let network = field "network" v in
  let peers = match field "peers" v with List l -> Array.of_list l | _ -> unknown "peers" in
  let nodes = Array.append [| field "source" v |] peers in
  Array.iteri (fun i peer -> if int "id" peer <> i + 1 then unknown "ids") peers;
  let file = field "file" v in
  let bytes = int "bytes" file and chunk = int "chunk_bytes" file in
  let chunks = (bytes + chunk - 1) / chunk in
  let of_node f = let all = Array.map f nodes in fun i -> all.(index i) in
  let own name = of_node (fun v -> match field name v with
    | Null -> z (int name network) | Int n -> z n | _ -> unknown name) in
  { Auditor.peers = number (Array.length peers);
    chunks = number chunks;
    length_of = (fun c ->
      let c = index c in z (if c = chunks - 1 then bytes - c * chunk else chunk));
    up = of_node (fun v -> z (int "upload_bps" v));
    down = of_node (fun v -> match field "download_bps" v with
      | Null -> None | Int d -> Some (z d) | _ -> unknown "download_bps");
    burst = own "burst_bytes";
    delay = own "latency_ns";
    joins = of_node (fun v -> match field "joins_ns" v with
      | Null -> Z0 | Int t -> z t | _ -> unknown "joins_ns");
    leaves = of_node leaves }

let read_event (plan : plan) log line =
  let v = parse line in
  let known name = let i = int name v in
    if i > index plan.peers then unknown "a node" else number i in
  let once list (i, _) = if List.mem_assoc i list then unknown "a second arrival or departure" in
  let at () = (known "node", z (int "t" v)) in
  match field "event" v with
  | Text "join" -> only ["event"; "t"; "node"] v;
    let e = at () in once log.joined e; { log with joined = e :: log.joined }
  | Text "leave" -> only ["event"; "t"; "node"] v;
    let e = at () in once log.left e; { log with left = e :: log.left }
  | Text "complete" -> only ["event"; "t"; "node"] v;
    { log with claims = at () :: log.claims }
  | Text "transfer" ->
    only ["event"; "from"; "to"; "chunk"; "start"; "end"; "bytes"; "offset"; "outcome"] v;
    (match field "offset" v with Null | Int 0 -> () | _ -> unknown "an offset");
    let whole = match field "outcome" v with
      | Null | Text "delivered" -> true | Text "aborted" -> false | _ -> unknown "an outcome" in
    let move = { from = known "from"; to0 = known "to"; chunk = number (int "chunk" v);
                 start = z (int "start" v); finish = z (int "end" v); bytes = z (int "bytes" v);
                 whole } in
    { log with moves = move :: log.moves }
  | _ -> unknown "an event"

let word holds = if holds then "holds" else "violated"

let verdicts lines = match lines with
  | [] -> unknown "no header"
  | header :: events ->
    let plan = read_plan (parse header) in
    let log = List.fold_left (read_event plan) { moves = []; joined = []; left = []; claims = [] } events in
    let v = judge plan log in
    if not v.formed_holds then unknown "a trace that is not well formed";
    Printf.sprintf "membership=%s uplink_capacity=%s downlink_capacity=%s causality=%s \
                    conservation=%s completion=%s audit=%s"
      (word v.membership) (word v.uplink_capacity) (word v.downlink_capacity)
      (word v.causality_holds) (word v.conservation) (word v.completion) (word (audit plan log))

let () =
  let input = match Sys.argv with
    | [| _; name |] -> open_in name
    | _ -> prerr_endline "usage: judge TRACES"; exit 2 in
  let case = ref 0 in
  let finish lines =
    if lines <> [] then begin
      (try print_endline (verdicts (List.rev lines))
       with Unknown what -> Printf.eprintf "trace %d: %s\n" !case what; exit 2);
      incr case
    end in
  let rec go lines = match input_line input with
    | "" -> finish lines; go []
    | line -> go (line :: lines)
    | exception End_of_file -> finish lines in
  go []
