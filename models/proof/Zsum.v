(** Finite sums of integers, as [Sums] has them for the reals. *)

From Coq Require Import ZArith Lia List Permutation.
Import ListNotations.
Open Scope Z_scope.

Fixpoint zsum {A} (f : A -> Z) (l : list A) : Z :=
  match l with
  | [] => 0
  | x :: l => f x + zsum f l
  end.

Lemma zsum_le {A} (f g : A -> Z) l : (forall x, In x l -> f x <= g x) -> zsum f l <= zsum g l.
Proof.
  induction l as [|x l IH]; simpl; intros H; [lia|].
  specialize (IH (fun y i => H y (or_intror i))). specialize (H x (or_introl eq_refl)). lia.
Qed.

Lemma zsum_ext {A} (f g : A -> Z) l : (forall x, f x = g x) -> zsum f l = zsum g l.
Proof. intros H. induction l as [|x l IH]; simpl; [|rewrite H, IH]; reflexivity. Qed.

Lemma zsum_zero {A} (f : A -> Z) l : (forall x, In x l -> f x = 0) -> zsum f l = 0.
Proof. induction l as [|x l IH]; simpl; intros H; [reflexivity|]. rewrite H, IH; auto. Qed.

Lemma zsum_nonneg {A} (f : A -> Z) l : (forall x, In x l -> 0 <= f x) -> 0 <= zsum f l.
Proof. intros H. rewrite <- (zsum_zero (fun _ => 0) l) by auto. now apply zsum_le. Qed.

Lemma zsum_const {A} v (l : list A) : zsum (fun _ => v) l = Z.of_nat (length l) * v.
Proof. induction l as [|x l IH]; [reflexivity|]. simpl length. simpl zsum. lia. Qed.

Lemma zsum_plus {A} (f g : A -> Z) l : zsum (fun x => f x + g x) l = zsum f l + zsum g l.
Proof. induction l; simpl; lia. Qed.

Lemma zsum_perm {A} (f : A -> Z) l m : Permutation l m -> zsum f l = zsum f m.
Proof. induction 1; simpl; lia. Qed.

Lemma zsum_map {A B} (f : B -> Z) (g : A -> B) l : zsum f (map g l) = zsum (fun x => f (g x)) l.
Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; reflexivity. Qed.

Lemma zsum_filter {A} (f : A -> Z) p l :
  zsum f (filter p l) = zsum (fun x => if p x then f x else 0) l.
Proof. induction l as [|x l IH]; simpl; [|destruct (p x); simpl; rewrite IH]; lia. Qed.

Lemma zsum_member {A} (f : A -> Z) l x :
  (forall y, In y l -> 0 <= f y) -> In x l -> f x <= zsum f l.
Proof.
  induction l as [|y l IH]; simpl; intros H []; subst.
  - pose proof (zsum_nonneg f l (fun y i => H y (or_intror i))). lia.
  - pose proof (H y (or_introl eq_refl)). pose proof (IH (fun y i => H y (or_intror i)) H0). lia.
Qed.

Lemma zsum_swap {A B} (f : A -> B -> Z) l m :
  zsum (fun x => zsum (f x) m) l = zsum (fun y => zsum (fun x => f x y) l) m.
Proof.
  induction l as [|x l IH]; simpl; [now rewrite zsum_zero|]. now rewrite IH, <- zsum_plus.
Qed.

Section Keys.
  Context {A K : Type} (eqb : K -> K -> bool) (eqb_spec : forall k l, eqb k l = true <-> k = l).
  Context (key : A -> K).

  Lemma zsum_by_key f l ks :
    NoDup ks -> (forall x, In x l -> 0 <= f x) ->
    zsum (fun k => zsum (fun x => if eqb (key x) k then f x else 0) l) ks <= zsum f l.
  Proof.
    intros distinct nonneg. rewrite zsum_swap. apply zsum_le. intros x i.
    specialize (nonneg x i). clear i. induction distinct as [|k ks new _ IH]; simpl; [assumption|].
    destruct (eqb (key x) k) eqn:e; [|lia]. apply eqb_spec in e.
    rewrite zsum_zero; [lia|]. intros k' i. destruct (eqb (key x) k') eqn:e'; [|reflexivity].
    apply eqb_spec in e'. congruence.
  Qed.

  Lemma zsum_by_all_keys f l ks :
    (forall x, In x l -> 0 <= f x) -> (forall x, In x l -> In (key x) ks) ->
    zsum f l <= zsum (fun k => zsum (fun x => if eqb (key x) k then f x else 0) l) ks.
  Proof.
    intros nonneg known. rewrite zsum_swap. apply zsum_le. intros x i.
    specialize (nonneg x i). specialize (known x i). clear i.
    induction ks as [|k ks IH]; simpl in *; [tauto|].
    assert (0 <= zsum (fun k => if eqb (key x) k then f x else 0) ks).
    { apply zsum_nonneg. intros. destruct (eqb _ _); lia. }
    destruct (eqb (key x) k) eqn:e; [lia|]. destruct known as [->|i]; [|auto].
    enough (eqb (key x) (key x) = true) by congruence. now apply eqb_spec.
  Qed.
End Keys.
