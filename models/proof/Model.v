(** A swarm as a trace: which volumes left and reached which nodes, and when.

    A transfer says how much of one piece has left its source ([out]) and reached
    its destination ([inn]) by every instant. What is under way, lost or thrown away
    has left and not arrived, so latency, loss, duplicates, aborted and paused
    transfers are covered. A supply says how much a link can have carried by every
    instant, so constant rates, varying bandwidth, arrivals and departures are one
    case. What is sent to a node arrives [lag] later at the earliest. Node 0 is the source,
      the peers are 1 .. N. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Record network := {
  N : nat;
  upload : nat -> R -> R;
  download : nat -> R -> R;
  lag : nat -> R;
}.

Definition peers (net : network) : list nat := seq 1 (N net).
Definition nodes (net : network) : list nat := seq 0 (S (N net)).

Record transfer (P : Type) := {
  src : nat;
  dst : nat;
  piece : P;
  out : R -> R;
  inn : R -> R;
}.
Arguments src {P}. Arguments dst {P}. Arguments piece {P}. Arguments out {P}. Arguments inn {P}.

Section Model.
  Context {P : Type} (P_dec : forall c d : P, {c = d} + {c <> d}).

  (** A file is its pieces and their sizes. *)
  Record file := { pieces : list P; size : P -> R }.
  Definition file_size (f : file) := sum (size f) (pieces f).

  Context (net : network) (f : file) (tr : list (transfer P)).

  (** What [i] sent and [j] received by the time [t]. *)
  Definition sent i t := sum (only Nat.eq_dec src i (fun e => out e t)) tr.
  Definition got j t := sum (only Nat.eq_dec dst j (fun e => inn e t)) tr.

  (** One transfer delivers a whole piece: to resume a piece from another sender is
      modelled as two pieces. *)
  Definition delivered (e : transfer P) t := size f (piece e) <= inn e t.
  Definition holds j c t := exists e, In e tr /\ dst e = j /\ piece e = c /\ delivered e t.
  Definition completes j t := forall c, In c (pieces f) -> holds j c t.

  Record well_formed : Prop := {
    distinct : NoDup (pieces f);
    positive : forall c, In c (pieces f) -> 0 < size f c;
    known : forall e, In e tr -> In (piece e) (pieces f);
    from_node : forall e, In e tr -> In (src e) (nodes net);
    to_peer : forall e, In e tr -> In (dst e) (peers net);
    out_begins : forall e t, In e tr -> t <= 0 -> out e t = 0;
    inn_begins : forall e t, In e tr -> t <= 0 -> inn e t = 0;
    out_grows : forall e s t, In e tr -> s <= t -> out e s <= out e t;
    inn_grows : forall e s t, In e tr -> s <= t -> inn e s <= inn e t;
    lag_nonneg : forall j, In j (peers net) -> 0 <= lag net j;
    arrives_later : forall e t, In e tr -> inn e t <= out e (t - lag net (dst e));
  }.

  (** No link carries more than its supply, in any window of time. *)
  Record within_supply : Prop := {
    uplinks : forall i s t, In i (nodes net) -> s <= t ->
      sent i t - sent i s <= upload net i t - upload net i s;
    downlinks : forall j s t, In j (peers net) -> s <= t ->
      got j t - got j s <= download net j t - download net j s;
  }.

  (** A node that has sent a bit of a piece holds all of it: store and forward. With
      pieces of one bit this is cut-through. *)
  Definition causal : Prop :=
    forall e t, In e tr -> 0 < out e t -> src e = 0%nat \/ holds (src e) (piece e) t.

  Definition admissible : Prop := well_formed /\ within_supply /\ causal.

  (** Uplinks have finite rates. [Thin_air] shows why that is needed. *)
  Definition finite_rate : Prop :=
    exists L, 0 < L /\ forall i s t, In i (nodes net) -> s <= t ->
      upload net i t - upload net i s <= L * (t - s).
End Model.

Arguments file : clear implicits.
Arguments pieces {P}. Arguments size {P}. Arguments Build_file {P}. Arguments file_size {P}.
Arguments holds {P}. Arguments completes {P}. Arguments delivered {P}. Arguments sent {P}.
Arguments got {P}. Arguments admissible {P}.

(** Constant rates. *)
Definition delayed n (u d lag : nat -> R) : network :=
  {| N := n; upload := fun i t => u i * t; download := fun j t => d j * t; lag := lag |}.

Definition constant n (u d : nat -> R) : network := delayed n u d (fun _ => 0).
