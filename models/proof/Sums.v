(** Finite sums of real numbers over lists, and counting by keys.

    Everything that the lower bounds need of arithmetic is [sum_by_key]: what is
    counted piece by piece, receiver by receiver or sender by sender is no more
    than the whole. *)

From Coq Require Import Reals Lra ZArith List Permutation.
Import ListNotations.
Open Scope R_scope.

Fixpoint sum {A} (f : A -> R) (l : list A) : R :=
  match l with
  | [] => 0
  | x :: l => f x + sum f l
  end.

Lemma sum_le {A} (f g : A -> R) l :
  (forall x, In x l -> f x <= g x) -> sum f l <= sum g l.
Proof.
  induction l as [|x l IH]; simpl; intros H; [lra|].
  specialize (IH (fun y i => H y (or_intror i))). specialize (H x (or_introl eq_refl)). lra.
Qed.

Lemma sum_ext {A} (f g : A -> R) l :
  (forall x, In x l -> f x = g x) -> sum f l = sum g l.
Proof. intros H. apply Rle_antisym; apply sum_le; intros x i; rewrite (H x i); lra. Qed.

Lemma sum_const {A} (v : R) (l : list A) : sum (fun _ => v) l = INR (length l) * v.
Proof.
  induction l as [|x l IH]; [simpl; lra|].
  cbn [length sum]. rewrite S_INR, IH. lra.
Qed.

Lemma sum_nonneg {A} (f : A -> R) l : (forall x, In x l -> 0 <= f x) -> 0 <= sum f l.
Proof. intros H. rewrite <- (Rmult_0_r (INR (length l))), <- sum_const. now apply sum_le. Qed.

Lemma sum_zero {A} (f : A -> R) l : (forall x, In x l -> f x = 0) -> sum f l = 0.
Proof.
  intros H. rewrite (sum_ext f (fun _ => 0) l) by assumption. rewrite sum_const. lra.
Qed.

Lemma sum_plus {A} (f g : A -> R) l : sum (fun x => f x + g x) l = sum f l + sum g l.
Proof. induction l; simpl; lra. Qed.

Lemma sum_scale {A} v (f : A -> R) l : sum (fun x => v * f x) l = v * sum f l.
Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma sum_minus {A} (f g : A -> R) l : sum (fun x => f x - g x) l = sum f l - sum g l.
Proof. induction l; simpl; lra. Qed.

Lemma sum_app {A} (f : A -> R) l m : sum f (l ++ m) = sum f l + sum f m.
Proof. induction l; simpl; lra. Qed.

Lemma sum_map {A B} (f : B -> R) (g : A -> B) l : sum f (map g l) = sum (fun x => f (g x)) l.
Proof. induction l as [|x l IH]; simpl; [|rewrite IH]; reflexivity. Qed.

Lemma sum_flat_map {A B} (f : B -> R) (g : A -> list B) l :
  sum f (flat_map g l) = sum (fun x => sum f (g x)) l.
Proof. induction l as [|x l IH]; simpl; [|rewrite sum_app, IH]; reflexivity. Qed.

Lemma sum_perm {A} (f : A -> R) l m : Permutation l m -> sum f l = sum f m.
Proof. induction 1; simpl; lra. Qed.

Lemma sum_swap {A B} (f : A -> B -> R) l m :
  sum (fun x => sum (f x) m) l = sum (fun y => sum (fun x => f x y) l) m.
Proof.
  induction l as [|x l IH]; simpl.
  - rewrite sum_const. lra.
  - now rewrite IH, <- sum_plus.
Qed.

Lemma sum_member {A} (f : A -> R) l x :
  (forall y, In y l -> 0 <= f y) -> In x l -> f x <= sum f l.
Proof.
  induction l as [|y l IH]; simpl; intros H []; subst.
  - pose proof (sum_nonneg f l (fun y i => H y (or_intror i))). lra.
  - pose proof (H y (or_introl eq_refl)). pose proof (IH (fun y i => H y (or_intror i)) H0). lra.
Qed.

Lemma sum_filter {A} (f : A -> R) p l :
  sum f (filter p l) = sum (fun x => if p x then f x else 0) l.
Proof. induction l as [|x l IH]; simpl; [|destruct (p x); simpl; rewrite IH]; lra. Qed.

Section Keys.
  Context {A K : Type} (dec : forall k l : K, {k = l} + {k <> l}) (key : A -> K).

  (** What [f] gives to the things whose key is [k]. *)
  Definition only (k : K) (f : A -> R) : A -> R := fun x => if dec (key x) k then f x else 0.

  Lemma only_nonneg k f x : 0 <= f x -> 0 <= only k f x.
  Proof. unfold only. destruct (dec _ _); lra. Qed.

  Lemma only_self f x : only (key x) f x = f x.
  Proof. unfold only. now destruct (dec _ _). Qed.

  Lemma only_le k f x : 0 <= f x -> only k f x <= f x.
  Proof. unfold only. destruct (dec _ _); lra. Qed.

  Lemma only_absent f x ks : ~ In (key x) ks -> sum (fun k => only k f x) ks = 0.
  Proof.
    induction ks as [|k ks IH]; simpl; intros H; [reflexivity|].
    rewrite IH by tauto. unfold only. destruct (dec _ _); [|lra]. subst. tauto.
  Qed.

  Lemma only_present f x ks : NoDup ks -> In (key x) ks -> sum (fun k => only k f x) ks = f x.
  Proof.
    induction 1 as [|k ks new _ IH]; simpl; [tauto|].
    intros [->|i].
    - rewrite only_absent, only_self by assumption. lra.
    - rewrite IH by assumption. unfold only. destruct (dec _ _); [|lra]. subst. tauto.
  Qed.

  Lemma sum_by_key f l ks :
    NoDup ks -> (forall x, In x l -> 0 <= f x) ->
    sum (fun k => sum (only k f) l) ks <= sum f l.
  Proof.
    intros distinct nonneg. rewrite sum_swap. apply sum_le. intros x i.
    destruct (in_dec dec (key x) ks) as [known|unknown].
    - rewrite only_present by assumption. lra.
    - rewrite only_absent by assumption. now apply nonneg.
  Qed.

  Lemma sum_by_all_keys f l ks :
    NoDup ks -> (forall x, In x l -> In (key x) ks) ->
    sum (fun k => sum (only k f) l) ks = sum f l.
  Proof.
    intros distinct known. rewrite sum_swap. apply sum_ext. intros x i.
    apply only_present; auto.
  Qed.
End Keys.

(** The reals are archimedean, with a natural number. *)
Lemma INR_above x : exists n, x < INR n.
Proof.
  exists (Z.to_nat (up (Rmax 0 x))).
  pose proof (archimed (Rmax 0 x)) as [above _]. pose proof (Rmax_l 0 x). pose proof (Rmax_r 0 x).
  rewrite INR_IZR_INZ, Z2Nat.id; [lra|]. apply le_IZR. lra.
Qed.
