(** An auditor that can be run, and what its yes means.

    The rules are those of the Rust audit by the same names, for logs with exact stamps,
    whole chunks from one sender each, and at most one arrival and departure
    of a node. At worst n log n, for n transfers. *)

From Coq Require Import ZArith NArith Lia List Bool FMapPositive Permutation Mergesort Orders.
From Swarm Require Import Zsum Edf Log.
Import ListNotations.
Open Scope Z_scope.

(** ** Maps from numbers *)

Section Maps.
  Context {A : Type}.
  Definition table := PositiveMap.t A.
  Definition look (i : N) (m : table) : option A := PositiveMap.find (N.succ_pos i) m.
  Definition put (i : N) (v : A) (m : table) : table := PositiveMap.add (N.succ_pos i) v m.
  Definition nothing : table := PositiveMap.empty A.

  Lemma look_nothing i : look i nothing = None.
  Proof. apply PositiveMap.gempty. Qed.

  Lemma look_put i j v m : look i (put j v m) = if (j =? i)%N then Some v else look i m.
  Proof.
    unfold look, put. destruct (N.eqb_spec j i) as [->|other].
    - apply PositiveMap.gss.
    - apply PositiveMap.gso. intros e. apply other.
      apply (f_equal N.pos) in e. rewrite !N.succ_pos_spec in e. lia.
  Qed.
End Maps.
Arguments table : clear implicits.

(** Lists by key. *)
Definition listed {A} (i : N) (m : table (list A)) : list A :=
  match look i m with Some l => l | None => [] end.

Definition group {A} (key : A -> N) (l : list A) : table (list A) :=
  fold_right (fun x m => put (key x) (x :: listed (key x) m) m) nothing l.

Lemma listed_group {A} (key : A -> N) l i :
  listed i (group key l) = filter (fun x => (key x =? i)%N) l.
Proof.
  induction l as [|x l IH]; simpl.
  - unfold listed. now rewrite look_nothing.
  - unfold listed at 1. rewrite look_put. destruct (N.eqb_spec (key x) i) as [->|].
    + now rewrite IH.
    + exact IH.
Qed.

(** ** Links *)

Definition job_of (w : span) (rate burst : Z) (e : move) : job :=
  {| release := rate * fst w e; deadline := rate * snd w e + nanobits burst;
     work := nanobits (bytes e) |}.

Definition carries (w : span) (rate burst : Z) (es : list move) : bool :=
  feasible (map (job_of w rate burst) es).

Definition nodes (p : plan) : list N := numbers (N.succ (peers p)).
Definition receivers (p : plan) : list N := filter (fun i => negb (i =? 0)%N) (nodes p).

Definition uplinks (p : plan) (g : log) : bool :=
  let by_sender := group from (moves g) in
  forallb (fun i => carries (sending p) (up p i) (burst p i) (listed i by_sender)) (nodes p).

Definition downlinks (p : plan) (g : log) : bool :=
  let by_receiver := group to (moves g) in
  forallb (fun j => match down p j with
                    | None => true
                    | Some d => (0 <=? d) &&
                        carries (receiving p) d (burst p j) (listed j by_receiver)
                    end) (receivers p).

(** ** Which node holds which chunk since when *)

Definition holdings := table (table Z).

Definition since (j c : N) (m : holdings) : option Z :=
  match look j m with Some cs => look c cs | None => None end.

Definition arrive (e : move) (m : holdings) : holdings :=
  if whole e then
    match since (to e) (chunk e) m with
    | Some _ => m
    | None =>
        let cs := match look (to e) m with Some cs => cs | None => nothing end in
        put (to e) (put (chunk e) (finish e) cs) m
    end
  else m.

Definition may_send (e : move) (m : holdings) : bool :=
  (from e =? 0)%N ||
  match since (from e) (chunk e) m with Some t => t <=? start e | None => false end.

Definition spread (l : list move) (start : bool * holdings) : bool * holdings :=
  fold_left (fun acc e => (fst acc && may_send e (snd acc), arrive e (snd acc))) l start.

Module ByFinish <: TotalLeBool'.
  Definition t := move.
  Definition leb (d e : move) := finish d <=? finish e.
  Infix "<=?" := leb (at level 70, no associativity).
  Theorem leb_total d e : d <=? e = true \/ e <=? d = true.
  Proof. unfold leb. rewrite !Z.leb_le. lia. Qed.
End ByFinish.

Module InTime := Sort ByFinish.

(** Nothing arrives before the delay has passed. *)
Definition not_too_quick (p : plan) (g : log) : bool :=
  forallb (fun e => if whole e then start e + delay p (to e) <=? finish e else true) (moves g).

Definition history (g : log) : bool * holdings := spread (InTime.sort (moves g)) (true, nothing).

(** When [j] had all chunks. *)
Definition completed (p : plan) (m : holdings) (j : N) : option Z :=
  fold_right (fun c last => match last, since j c m with
                            | Some a, Some t => Some (Z.max a t)
                            | _, _ => None
                            end) (Some 0) (numbers (chunks p)).

(** ** Claims *)

Definition conserved (p : plan) (g : log) (m : holdings) : bool :=
  let claimed := group fst (claims g) in
  forallb (fun j => match listed j claimed, completed p m j with
                    | _ :: _, None => false
                    | _, _ => true
                    end) (receivers p).

Definition claims_hold (p : plan) (g : log) (m : holdings) : bool :=
  let claimed := group fst (claims g) in
  forallb (fun '(j, _) => (0 <? j)%N && (j <=? peers p)%N) (claims g) &&
  forallb (fun j => match listed j claimed, completed p m j with
                    | [], None => true
                    | [(_, t)], Some d => t =? d
                    | _, _ => false
                    end) (receivers p).

Definition everybody (p : plan) (m : holdings) : bool :=
  forallb (fun j => match completed p m j with Some _ => true | None => false end) (receivers p).

(** ** Presence *)

Definition arrivals (g : log) : table Z :=
  fold_right (fun '(i, a) m => put i a m) nothing (joined g).

Definition departures (g : log) : table Z :=
  fold_right (fun '(i, b) m =>
    put i (match look i m with Some c => Z.min b c | None => b end) m) nothing (left g).

Definition arrived (arrivals : table Z) (i : N) : option Z :=
  match look i arrivals with
  | Some a => Some a
  | None => if (i =? 0)%N then Some 0 else None
  end.

Definition no_later (t : Z) (limit : option Z) : bool :=
  match limit with Some b => t <=? b | None => true end.

Definition is_present (p : plan) (ins outs : table Z) (i : N) (s t : Z) : bool :=
  match arrived ins i with Some a => a <=? s | None => false end &&
  no_later t (look i outs) && no_later t (leaves p i).

Definition members (p : plan) (g : log) : bool :=
  let ins := arrivals g in
  let outs := departures g in
  let planned '(i, t) := (joins p i <=? t) && no_later t (leaves p i) in
  forallb planned (joined g) && forallb planned (left g) &&
  forallb (fun '(i, t) =>
    match arrived ins i with Some a => a <=? t | None => false end) (left g) &&
  forallb (fun '(i, t) => is_present p ins outs i t t) (claims g) &&
  forallb (fun e =>
    is_present p ins outs (from e) (start e) (depart p e) &&
    is_present p ins outs (to e) (start e) (if whole e then finish e else start e)) (moves g).

(** ** The verdict *)

Definition is_formed (p : plan) (g : log) : bool :=
  forallb (fun e =>
    (from e <=? peers p)%N && (0 <? to e)%N && (to e <=? peers p)%N && (chunk e <? chunks p)%N &&
    (0 <=? start e) && (start e <? finish e) && (0 <=? bytes e) &&
    (if whole e then bytes e =? length_of p (chunk e) else true)) (moves g) &&
  forallb (fun c => 0 <=? length_of p c) (numbers (chunks p)) &&
  forallb (fun i => (0 <=? up p i) && (0 <=? burst p i) && (0 <=? delay p i)) (nodes p).

Record verdict := {
  formed_holds : bool;
  membership : bool;
  uplink_capacity : bool;
  downlink_capacity : bool;
  causality_holds : bool;
  conservation : bool;
  completion : bool;
  all_complete : bool;
}.

Definition judge (p : plan) (g : log) : verdict :=
  let (causal, m) := history g in
  {| formed_holds := is_formed p g; membership := members p g; uplink_capacity := uplinks p g;
     downlink_capacity := downlinks p g; causality_holds := causal && not_too_quick p g;
     conservation := conserved p g m; completion := claims_hold p g m;
     all_complete := everybody p m |}.

Definition audit (p : plan) (g : log) : bool :=
  let v := judge p g in
  formed_holds v && membership v && uplink_capacity v && downlink_capacity v &&
  causality_holds v && conservation v && completion v && all_complete v.
