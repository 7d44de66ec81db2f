(** Why finite rates are assumed: where volume moves in no time, two peers feed each
    other a piece that the source never sent, and nothing in the model objects. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums Model.
Import ListNotations.
Open Scope R_scope.

(** Nothing before the instant 1, one unit from then on. *)
Definition step (t : R) : R := if Rle_dec 1 t then 1 else 0.

Definition two_peers : network :=
  {| N := 2; upload := fun _ => step; download := fun _ => step; lag := fun _ => 0 |}.
Definition one_piece : file unit := {| pieces := [tt]; size := fun _ => 1 |}.
Definition feed i j : transfer unit := {| src := i; dst := j; piece := tt; out := step;
  inn := step |}.
Definition circle : list (transfer unit) := [feed 1 2; feed 2 1].

Lemma step_grows s t : s <= t -> step s <= step t.
Proof. intros le. unfold step. repeat destruct (Rle_dec _ _); lra. Qed.

Theorem thin_air :
  admissible two_peers one_piece circle
  /\ (forall j, In j (peers two_peers) -> completes one_piece circle j 1)
  /\ (forall e, In e circle -> src e <> 0%nat)
  /\ 0 < file_size one_piece.
Proof.
  assert (one : step 1 = 1) by (unfold step; destruct (Rle_dec _ _); lra).
  assert (member : forall e, In e circle -> e = feed 1 2 \/ e = feed 2 1) by (simpl; intuition).
  assert (load : forall key k t, (key = src \/ key = dst) ->
            sum (only Nat.eq_dec key k (fun e : transfer unit => step t)) circle
            = if Nat.eq_dec 1 k then step t else if Nat.eq_dec 2 k then step t else 0).
  { intros key k t [-> | ->]; unfold only; destruct k as [|[|[|k]]]; simpl; lra. }
  split; [split; [|split]|].
  - split; simpl.
    + constructor; [simpl; tauto|constructor].
    + intros. lra.
    + intros e i. destruct (piece e). auto.
    + intros e i. destruct (member e i) as [-> | ->]; simpl; auto.
    + intros e i. destruct (member e i) as [-> | ->]; simpl; auto.
    + intros e t i le. destruct (member e i) as [-> | ->]; simpl; unfold step;
        destruct (Rle_dec _ _); lra.
    + intros e t i le. destruct (member e i) as [-> | ->]; simpl; unfold step;
        destruct (Rle_dec _ _); lra.
    + intros e s t i le. destruct (member e i) as [-> | ->]; now apply step_grows.
    + intros e s t i le. destruct (member e i) as [-> | ->]; now apply step_grows.
    + intros. lra.
    + intros e t i. rewrite Rminus_0_r. destruct (member e i) as [-> | ->]; simpl; lra.
  - assert (forall key k s t, (key = src \/ key = dst) -> s <= t ->
      sum (only Nat.eq_dec key k (fun e : transfer unit => step t)) circle
      - sum (only Nat.eq_dec key k (fun e : transfer unit => step s)) circle
      <= step t - step s) as least.
    { intros key k s t which le. rewrite !load by assumption. pose proof (step_grows s t le).
      repeat destruct (Nat.eq_dec _ _); lra. }
    split; intros i s t _ le.
    + exact (least src i s t (or_introl eq_refl) le).
    + exact (least dst i s t (or_intror eq_refl) le).
  - intros e t i moved. right.
    assert (at_1 : step t = 1).
    { destruct (member e i) as [-> | ->]; simpl in moved; unfold step in moved |- *;
        destruct (Rle_dec 1 t); lra. }
    destruct (member e i) as [-> | ->].
    + exists (feed 2 1). unfold delivered. simpl. rewrite at_1. intuition lra.
    + exists (feed 1 2). unfold delivered. simpl. rewrite at_1. intuition lra.
  - split; [|split].
    + intros j [<-|[<-|[]]] [] _; [exists (feed 2 1)|exists (feed 1 2)];
        unfold delivered; simpl; rewrite one; intuition lra.
    + intros e i. destruct (member e i) as [-> | ->]; simpl; lia.
    + unfold file_size. simpl. lra.
Qed.
